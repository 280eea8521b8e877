// SPDX-License-Identifier: GPL-2.0
//
// The picture.

const canvas = byId('canvas'), overview = byId('overview');
const LEFT = 64, BAR = 18, TITLE = 16, AXIS = 22;
let shapes = [];

function colours() {
	const style = getComputedStyle(document.documentElement);
	return Object.fromEntries(['back', 'text', 'dim', 'band', 'line', 'hit', 'on', ...CLASSES].map((name) =>
		[name, style.getPropertyValue(`--${name === 'restored' ? 'undone' : name}`).trim() || 'gray']));
}

function prepare(element, height) {
	const width = element.clientWidth, ratio = window.devicePixelRatio || 1;
	element.style.height = `${height}px`;
	element.width = Math.round(width * ratio);
	element.height = Math.round(height * ratio);
	const context = element.getContext('2d');
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.font = '11px ui-monospace, "DejaVu Sans Mono", monospace';
	context.textBaseline = 'middle';
	return [context, width];
}

// The first operation that ends after a time: they are one after the other.
function operationAt(time) {
	let low = 0, high = operations;
	while (low < high) {
		const middle = low + high >> 1;
		if (opEnd[middle] < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

function drawShape(context, colour, result, x, y, width, height) {
	context.fillStyle = context.strokeStyle = colour[CLASSES[result]];
	if (result === UNDONE || result === RESTORED) {
		context.lineWidth = 2;
		if (width > 5) {
			context.strokeRect(x + 1, y + 1, width - 2, height - 2);
			if (result === UNDONE)
				context.fillRect(x, y + height / 2 - 1, width, 2);
		} else {
			context.fillRect(x, y, width, height);
		}
		return;
	}
	context.fillRect(x, y, width, height);
	if (result === ENDED && width > 3) {
		context.fillStyle = colour.back;
		context.fillRect(x, y + height - 4, width, 1.5);
	}
}

// A cross, which is there however short the call was.
function drawCross(context, colour, injected, x, y) {
	context.fillStyle = colour.back;
	context.beginPath();
	context.arc(x, y, 8, 0, 7);
	context.fill();
	context.strokeStyle = colour.failed;
	context.lineWidth = 2.5;
	context.beginPath();
	context.moveTo(x - 4, y - 4);
	context.lineTo(x + 4, y + 4);
	context.moveTo(x + 4, y - 4);
	context.lineTo(x - 4, y + 4);
	context.stroke();
	if (injected) {
		context.lineWidth = 1.5;
		context.beginPath();
		context.arc(x, y, 7, 0, 7);
		context.stroke();
	}
}

function drawPicture() {
	const colour = colours();
	let height = AXIS;
	for (const lane of lanes) {
		lane.y = height;
		lane.height = TITLE + lane.depth * (BAR + 2) + 6;
		height += lane.height;
	}
	const [context, width] = prepare(canvas, Math.max(height, 60));
	const scale = (width - LEFT) / (view.end - view.begin);
	const at = (time) => LEFT + (time - view.begin) * scale;
	context.fillStyle = colour.back;
	context.fillRect(0, 0, width, height);

	// The axis, with marks at round times.
	let step = 10 ** Math.floor(Math.log10((view.end - view.begin) / 5) + 1e-9);
	while ((view.end - view.begin) / step > 10)
		step *= step.toString()[0] === '2' ? 2.5 : 2;
	context.fillStyle = colour.dim;
	context.strokeStyle = colour.line;
	context.lineWidth = 1;
	for (let time = Math.ceil(view.begin / step) * step; time <= view.end; time += step) {
		context.beginPath();
		context.moveTo(at(time), AXIS - 6);
		context.lineTo(at(time), height);
		context.stroke();
		context.fillText(`${+(time / 1e6).toPrecision(9)} ms`, at(time) + 3, 9);
	}
	lanes.forEach((lane, i) => {
		context.fillStyle = colour.dim;
		context.fillText(`CPU ${cpus[i]}`, 4, lane.y + TITLE + BAR / 2);
		context.fillStyle = colour.line;
		context.fillRect(0, lane.y + lane.height - 1, width, 1);
	});

	context.save();
	context.beginPath();
	context.rect(LEFT, AXIS, width - LEFT, height);
	context.clip();
	shapes = [];
	// What has been drawn last in each row of each lane, so as not to draw a pixel a thousand times.
	const last = new Map();
	const marks = [];
	for (let op = operationAt(view.begin); op < operations && opBegin[op] <= view.end; op++) {
		const x0 = Math.max(at(opBegin[op]), LEFT - 4), x1 = Math.min(at(opEnd[op]), width + 4);
		const drawn = new Set();
		const wide = x1 - x0 > 3;
		for (let i = opFirst[op]; i < opFirst[op] + opCount[op]; i++) {
			const what = whats[whatOf[i]], number = laneAt[whatOf[i]], lane = lanes[number], result = resultOf[i];
			if (result === LOST) {
				marks.push([x0, null, i]);
				continue;
			}
			// The operation around the calls, on each CPU that it is about.
			if (wide && !drawn.has(number)) {
				drawn.add(number);
				context.fillStyle = colour.band;
				context.fillRect(x0, lane.y + 1, x1 - x0, lane.height - 4);
				if (x1 - x0 > 50) {
					context.fillStyle = opFailed[op] ? colour.failed : colour.text;
					const outcome = outcomeOf(op);
					clipped(context, outcome ? `${titleOf(op)}: ${outcome}` : titleOf(op), Math.max(x0, LEFT) + 3, lane.y + 9, x1 - Math.max(x0, LEFT) - 6);
				}
			}
			if (result === FINDING) {
				marks.push([at(ends[i]), lane, i]);
				continue;
			}
			if (ends[i] < view.begin || begins[i] > view.end)
				continue;
			const x = Math.max(at(begins[i]), LEFT - 2), right = Math.min(at(ends[i]), width + 2);
			const size = Math.max(right - x, 1.5);
			const row = number * 8 + depthOf[i];
			const pixel = Math.round(x * 2) * 8 + result;
			if (size < 2 && last.get(row) === pixel && result !== FAILED && i !== chosen)
				continue;
			last.set(row, pixel);
			const y = lane.y + TITLE + depthOf[i] * (BAR + 2);
			const dim = hits && !isHit(i);
			context.globalAlpha = dim ? 0.15 : 1;
			drawShape(context, colour, result, x, y, size, BAR);
			if (result === FAILED)
				marks.push([x + size / 2, lane, i]);
			if (hits && !dim) {
				context.fillStyle = colour.text;
				context.fillRect(x, y + BAR, size, 2);
			}
			if (i === chosen) {
				context.strokeStyle = colour.text;
				context.lineWidth = 2;
				context.strokeRect(x - 1, y - 1, size + 2, BAR + 2);
			}
			if (size > 24) {
				context.fillStyle = result === UNDONE || result === RESTORED ? colour.text : colour.on;
				clipped(context, what.name, Math.max(x, LEFT) + 4, y + BAR / 2, right - Math.max(x, LEFT) - 8);
			}
			context.globalAlpha = 1;
			if (shapes.length < 50000)
				shapes.push([x, y, size, BAR, i]);
		}
	}
	// An error is passed on by calls around the one that failed: that one is to be seen.
	marks.sort((a, b) => Number(whatAt(a[2]).injected) - Number(whatAt(b[2]).injected));
	const lastCross = new Map();
	for (const [x, lane, i] of marks) {
		if (resultOf[i] === FAILED && i !== chosen) {
			// One on the other cannot be told apart.
			if (Math.abs(x - (lastCross.get(lane) ?? -99)) < 5)
				continue;
			lastCross.set(lane, x);
		}
		context.fillStyle = context.strokeStyle = lane ? colour.finding : colour.dim;
		if (lane && resultOf[i] === FAILED) {
			drawCross(context, colour, whatAt(i).injected === '1', x, lane.y + 8);
			shapes.push([x - 8, lane.y, 16, 16, i]);
		} else if (lane) {
			const y = lane.y + TITLE - 6;
			context.beginPath();
			context.moveTo(x, y - 9);
			context.lineTo(x + 8, y - 1);
			context.lineTo(x, y + 7);
			context.lineTo(x - 8, y - 1);
			context.fill();
			context.fillStyle = colour.on;
			context.fillText('!', x - 3, y - 1);
			shapes.push([x - 8, y - 9, 16, 16, i]);
		} else {
			context.setLineDash([2, 4]);
			context.beginPath();
			context.moveTo(x, AXIS);
			context.lineTo(x, height);
			context.stroke();
			context.setLineDash([]);
			shapes.push([x - 3, AXIS, 6, height, i]);
		}
	}
	context.restore();
}

// Text that is cut where there is no more room.
function clipped(context, text, x, y, width) {
	const letters = Math.floor(width / 6.7);
	if (letters >= 2)
		context.fillText(text.length <= letters ? text : `${text.slice(0, letters - 1)}\u2026`, x, y);
}

function drawOverview() {
	const colour = colours();
	const [context, width] = prepare(overview, 28);
	const all = Math.max(wholeEnd, 1);
	context.fillStyle = colour.band;
	context.fillRect(0, 0, width, 28);
	for (const failed of [false, true]) {
		context.fillStyle = failed ? colour.failed : colour.ended;
		let last = -1;
		for (let op = 0; op < operations; op++) {
			const x = opBegin[op] / all * width, size = Math.max((opEnd[op] - opBegin[op]) / all * width, 1);
			if (Boolean(opFailed[op]) !== failed || x + size < last + 0.5)
				continue;
			last = x + size;
			context.fillRect(x, failed ? 4 : 9, size, failed ? 20 : 10);
		}
	}
	context.strokeStyle = colour.text;
	context.lineWidth = 2;
	const x = view.begin / all * width;
	context.strokeRect(x + 1, 1, Math.max((view.end - view.begin) / all * width - 2, 3), 26);
}

let waiting = false;
function redraw() {
	if (waiting)
		return;
	waiting = true;
	requestAnimationFrame(() => {
		waiting = false;
		drawPicture();
		drawOverview();
		remember();
	});
}

function look(begin, end) {
	const least = 100, most = Math.max(wholeEnd, 1) * 1.1;
	let size = Math.min(Math.max(end - begin, least), most);
	const middle = (begin + end) / 2;
	begin = Math.min(Math.max(middle - size / 2, -0.05 * most), most - size);
	view.begin = begin;
	view.end = begin + size;
	redraw();
}

function zoom(factor, around = (view.begin + view.end) / 2) {
	look(around - (around - view.begin) * factor, around + (view.end - around) * factor);
}

function lookAt(begin, end) {
	const margin = Math.max((end - begin) * 0.05, 100);
	look(begin - margin, end + margin);
}

const lookAtAll = () => look(-0.01 * wholeEnd, 1.01 * wholeEnd);

// Goes to the operation before or after the middle of what is looked at.
function step(direction) {
	if (!operations)
		return;
	let op = operationAt((view.begin + view.end) / 2);
	const now = Math.min(op, operations - 1);
	const isAlone = opBegin[now] >= view.begin && opEnd[now] <= view.end && view.end - view.begin < 2 * (opEnd[now] - opBegin[now]) + 1000;
	op = Math.min(Math.max(isAlone ? now + direction : now, 0), operations - 1);
	lookAt(opBegin[op], opEnd[op]);
}
