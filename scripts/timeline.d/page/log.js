// SPDX-License-Identifier: GPL-2.0
//
// The log: its calls and operations, and what they are called.
// All text of it gets to the page as textContent or on a canvas, never as HTML.

'use strict';

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId('data').textContent);
const [STARTED, ENDED, FAILED, UNDONE, RESTORED, FINDING, LOST] = data.results.keys();
const CLASSES = data.results.map((word) => word.toLowerCase());

const whats = data.whats.map((values) => {
	const what = Object.fromEntries(data.fields.map((field, i) => [field, values[i]]));
	what.lost = Number(values[data.fields.length]);
	what.name = what.instance === '-' ? what.state : `${what.state} ${what.instance}`;
	what.text = Object.values(what).join(' ').toLowerCase();
	return what;
});

function bytesOf(id) {
	const element = byId(id);
	const text = atob(element.textContent.trim());
	// The text takes more memory than what is in it.
	element.remove();
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++)
		bytes[i] = text.charCodeAt(i);
	return new DataView(bytes.buffer);
}

// A number of 64 bits as nanoseconds after the first call: as much as a double keeps exactly.
let zeroHigh = 0, zeroLow = 0;
function long(view, at) {
	return (view.getUint32(at + 4, true) - zeroHigh) * 2 ** 32 + (view.getUint32(at, true) - zeroLow);
}
function plain(view, at) {
	return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

const CALL = 25, OPERATION = 30;
const callView = bytesOf('call-bytes'), operationView = bytesOf('operation-bytes');
const count = callView.byteLength / CALL;
const operations = operationView.byteLength / OPERATION;
if (operations) {
	zeroLow = operationView.getUint32(8, true);
	zeroHigh = operationView.getUint32(12, true);
}
const zero = zeroHigh * 2 ** 32 + zeroLow;

const begins = new Float64Array(count), ends = new Float64Array(count);
const whatOf = new Uint32Array(count), operationOf = new Uint32Array(count);
const resultOf = new Uint8Array(count), depthOf = new Uint8Array(count);
for (let i = 0, at = 0; i < count; i++, at += CALL) {
	ends[i] = long(callView, at);
	begins[i] = ends[i] - plain(callView, at + 8);
	whatOf[i] = callView.getUint32(at + 16, true);
	operationOf[i] = callView.getUint32(at + 20, true);
	resultOf[i] = callView.getUint8(at + 24);
}
const opFirst = new Uint32Array(operations), opCount = new Uint32Array(operations), opFailed = new Uint32Array(operations);
const opBegin = new Float64Array(operations), opEnd = new Float64Array(operations), opUndone = new Uint8Array(operations);
for (let i = 0, at = 0; i < operations; i++, at += OPERATION) {
	opFirst[i] = operationView.getUint32(at, true);
	opCount[i] = operationView.getUint32(at + 4, true);
	opBegin[i] = long(operationView, at + 8);
	opEnd[i] = long(operationView, at + 16);
	opFailed[i] = operationView.getUint32(at + 24, true);
	opUndone[i] = operationView.getUint8(at + 28);
}
const wholeEnd = operations ? opEnd.reduce((a, b) => Math.max(a, b)) : 1;

const isCall = (i) => resultOf[i] < FINDING;
const whatAt = (i) => whats[whatOf[i]];

// The sort of an operation that a call is in: what has times that can be compared.
function sortOf(what) {
	if (what.lost)
		return 'calls that are missing';
	if (what.op === 'hotplug')
		return `CPU ${what.callback === 'teardown' ? 'offline' : 'online'}${what.frozen === '1' ? ' (suspend)' : ''}`;
	return { setup: `setup of ${what.state}`, remove: `removal of ${what.state}`, add: `${what.state}: instance added`,
		del: `${what.state}: instance removed` }[what.op] || `${what.op} of ${what.state}`;
}

// The first call of an operation, which what was found may come before.
function firstCall(op) {
	let i = opFirst[op];
	while (i < opFirst[op] + opCount[op] - 1 && resultOf[i] === FINDING)
		i++;
	return whatAt(i);
}

function titleOf(op) {
	const what = firstCall(op);
	const title = sortOf(what);
	if (what.lost)
		return `${what.lost} records lost or missing`;
	if (what.op === 'hotplug')
		return title.replace('CPU', `CPU ${what.cpu}`);
	return what.op === 'add' || what.op === 'del' ? title.replace('instance', () => `instance ${what.instance}`) : title;
}

function outcomeOf(op) {
	if (!opFailed[op])
		return '';
	const what = whatAt(opFailed[op] - 1);
	const where = what.op === 'hotplug' ? ` in ${what.name}` : '';
	return `${what.error}${where}${what.injected === '1' ? ', injected' : ''}${opUndone[op] ? ', undone' : ''}`;
}

function duration(ns) {
	if (ns < 1000)
		return `${ns} ns`;
	for (const [unit, one] of [['\u00b5s', 1e3], ['ms', 1e6], ['s', 1e9]]) {
		const value = ns / one;
		if (value < 999.5 || unit === 's')
			return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${unit}`;
	}
}
