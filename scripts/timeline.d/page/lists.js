// SPDX-License-Identifier: GPL-2.0
//
// The lists. Of a long one only the rows that can be seen are there.

const ROW = 22;
const list = byId('list'), table = byId('table'), space = byId('space');

const TABS = {
	operations: {
		heads: ['#at ms', 'operation', 'outcome', '#calls', '#took'],
		rows: () => range(operations, (op) => {
			if (!hits)
				return true;
			for (let i = opFirst[op]; i < opFirst[op] + opCount[op]; i++) {
				if (isHit(i))
					return true;
			}
			return false;
		}),
		row: (op) => [[(opBegin[op] / 1e6).toFixed(3)], [titleOf(op)], [outcomeOf(op), opFailed[op] ? 'failed' : ''], [opCount[op]],
			[duration(opEnd[op] - opBegin[op])]],
		choose: (op) => lookAt(opBegin[op], opEnd[op]),
	},
	calls: {
		heads: ['#at ms', 'result', 'state', 'instance', '#CPU', 'task', '#on', 'op', 'error', '#took'],
		rows: () => range(count, (i) => resultOf[i] !== LOST && (!hits || isHit(i))),
		row: callRow,
		choose: chooseCall,
	},
	numbers: {
		heads: ['operation', 'state', 'callback', '#calls', '#failed', '#min', '#median', '#max', '#share %'],
		rows: () => numbers().filter((row) => !hits || hits.result !== undefined || row.hit),
		row: (row) => row.cells.map((cell) => [cell]),
		choose: (row) => {
			byId('search').value = `${row.cells[1]} ${row.cells[2]}`;
			search(byId('search').value);
			setTab('calls');
		},
	},
	findings: {
		heads: ['#at ms', 'sort', 'state', 'instance', '#CPU', 'task', '#on', 'expected'],
		rows: () => range(count, (i) => resultOf[i] === FINDING || resultOf[i] === LOST),
		row: (i) => {
			const what = whatAt(i);
			if (what.lost)
				return [[(ends[i] / 1e6).toFixed(3)], ['lost'], [`${what.lost} records are lost or missing here`]];
			return [[(ends[i] / 1e6).toFixed(3)], [what.callback, 'finding'], [what.state], [what.instance], [what.cpu], [what.task], [what.on], [what.expected]];
		},
		choose: chooseCall,
	},
};

function callRow(i) {
	const what = whatAt(i), result = resultOf[i];
	return [[(begins[i] / 1e6).toFixed(3)], [data.results[result] + (result === FAILED && what.injected === '1' ? ', injected' : ''), CLASSES[result]], [what.state], [what.instance], [what.cpu],
		[what.task], [what.on], [what.op], [result === FINDING ? `expected ${what.expected}` : what.error], [isCall(i) ? duration(ends[i] - begins[i]) : '']];
}

function chooseCall(i) {
	chosen = i;
	const op = operationOf[i];
	// So much of the operation that the call can be seen in it.
	const size = Math.min(Math.max((ends[i] - begins[i]) * 20, 20000), Math.max(opEnd[op] - opBegin[op], 20000));
	const middle = (begins[i] + ends[i]) / 2;
	lookAt(middle - size / 2, middle + size / 2);
	fillList();
}

function range(n, wanted) {
	const rows = [];
	for (let i = 0; i < n; i++) {
		if (wanted(i))
			rows.push(i);
	}
	return rows;
}

// Where the time goes: for each sort of operation, state and callback.
let numbersCache = null;
function numbers() {
	if (numbersCache)
		return numbersCache;
	const sorts = new Map(), rows = new Map();
	for (let op = 0; op < operations; op++) {
		const first = firstCall(op);
		if (first.lost)
			continue;
		const sort = sortOf(first);
		sorts.set(sort, (sorts.get(sort) || 0) + opEnd[op] - opBegin[op]);
		const inside = [];
		for (let i = opFirst[op]; i < opFirst[op] + opCount[op]; i++) {
			if (!isCall(i))
				continue;
			const what = whatAt(i), took = ends[i] - begins[i];
			// A call in which others are made has of the share only what is its own.
			let own = took;
			while (inside.length && inside.at(-1)[0] >= begins[i])
				own -= inside.pop()[1];
			inside.push([begins[i], took]);
			const key = `${sort}\n${what.state}\n${what.callback}`;
			if (!rows.has(key))
				rows.set(key, { sort, what, took: [], failed: 0, own: 0 });
			const row = rows.get(key);
			row.took.push(took);
			row.own += own;
			row.failed += resultOf[i] === FAILED;
		}
	}
	numbersCache = [...rows.values()].sort((a, b) => sorts.get(b.sort) - sorts.get(a.sort) || (a.sort < b.sort ? -1 : a.sort > b.sort ? 1 : b.own - a.own))
		.map((row) => {
			const took = row.took.sort((a, b) => a - b);
			const all = sorts.get(row.sort);
			return { key: row.what, cells: [row.sort, row.what.state, row.what.callback, took.length, row.failed, duration(took[0]),
				duration(took[took.length - 1 >> 1]), duration(took.at(-1)), (all ? 100 * row.own / all : 0).toFixed(1)] };
		});
	return numbersCache;
}

let rows = [];
function updateList() {
	if (tab === 'numbers' && Array.isArray(hits)) {
		const words = query.toLowerCase().split(/\s+/).filter(Boolean);
		for (const row of numbers())
			row.hit = words.every((word) => row.cells.join(' ').toLowerCase().includes(word));
	}
	rows = TABS[tab].rows();
	space.style.height = `${Math.min((rows.length + 1) * ROW, 8e6)}px`;
	list.scrollTop = 0;
	fillList();
	for (const button of document.querySelectorAll('#tabs button'))
		button.setAttribute('aria-selected', button.dataset.tab === tab);
}

function cell(name, text, ...classes) {
	const element = document.createElement(name);
	element.textContent = text;
	element.className = classes.filter(Boolean).join(' ');
	return element;
}

function fillList() {
	const { heads, row, choose } = TABS[tab];
	// A browser draws nothing that is higher than some millions of pixels, so there a pixel is more
	// than one.
	const visible = Math.ceil(list.clientHeight / ROW) + 2;
	const scrollable = Math.max(space.offsetHeight - list.clientHeight, 1);
	const first = Math.max(0, Math.min(Math.floor(list.scrollTop / scrollable * Math.max(rows.length - visible + 3, 0)), rows.length - 1));
	const isNumber = heads.map((head) => head.startsWith('#'));
	const head = document.createElement('thead');
	head.append(document.createElement('tr'));
	head.firstChild.append(...heads.map((text, i) => cell('th', text.replace('#', ''), isNumber[i] && 'number')));
	const body = document.createElement('tbody');
	for (const item of rows.slice(first, first + visible)) {
		const line = document.createElement('tr');
		line.append(...row(item).map(([text, type], i) => cell('td', text, type, isNumber[i] && 'number')));
		line.classList.toggle('chosen', item === chosen && tab !== 'operations');
		line.addEventListener('click', () => choose(item));
		body.append(line);
	}
	table.replaceChildren(head, body);
	table.style.top = `${list.scrollTop}px`;
}

function setTab(name) {
	tab = name;
	updateList();
	remember();
}
