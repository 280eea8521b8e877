// SPDX-License-Identifier: GPL-2.0
//
// What somebody does, and how the page begins.

function timeAt(event, element, left) {
	const box = element.getBoundingClientRect();
	return (event.clientX - box.left - left) / (box.width - left);
}

const timeUnder = (event) => view.begin + timeAt(event, canvas, LEFT) * (view.end - view.begin);

function callUnder(event) {
	const box = canvas.getBoundingClientRect();
	const x = event.clientX - box.left, y = event.clientY - box.top;
	// What is drawn later lies above. Narrow ones are as easy to meet as wider ones.
	return shapes.findLast(([left, top, width, height]) => x >= left - 2 && x <= left + width + 2 && y >= top && y <= top + height)?.[4];
}

canvas.addEventListener('wheel', (event) => {
	event.preventDefault();
	if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
		const by = event.deltaX / canvas.clientWidth * (view.end - view.begin);
		look(view.begin + by, view.end + by);
	} else {
		zoom(Math.exp(Math.min(Math.max(event.deltaY, -200), 200) / 300), timeUnder(event));
	}
}, { passive: false });

let drag = null;
canvas.addEventListener('pointerdown', (event) => {
	drag = { x: event.clientX, begin: view.begin, end: view.end, moved: false };
	canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointermove', (event) => {
	const tip = byId('tip');
	if (drag) {
		const by = (drag.x - event.clientX) / (canvas.clientWidth - LEFT) * (drag.end - drag.begin);
		drag.moved ||= Math.abs(drag.x - event.clientX) > 3;
		if (drag.moved)
			look(drag.begin + by, drag.end + by);
		tip.hidden = true;
		return;
	}
	const i = callUnder(event);
	tip.hidden = i === undefined;
	if (i === undefined)
		return;
	const what = whatAt(i);
	tip.textContent = what.lost ? `${what.lost} records are lost or missing here` :
		resultOf[i] === FINDING ? `${what.callback}: expected ${what.expected}\n${what.name}, CPU ${what.cpu}, in ${what.task} on CPU ${what.on}` :
		`${what.name} ${what.callback}: ${data.results[resultOf[i]]}${what.error ? ` with ${what.error}` : ''}${what.injected === '1' ? ', injected' : ''}\n` +
		`CPU ${what.cpu}, in ${what.task} on CPU ${what.on}\ntook ${duration(ends[i] - begins[i])}, from ${(begins[i] / 1e6).toFixed(6)} ms\n` +
		`state ${what.id}, part of: ${titleOf(operationOf[i])}`;
	tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
	tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
});
canvas.addEventListener('pointerup', (event) => {
	if (drag && !drag.moved) {
		const i = callUnder(event);
		if (i !== undefined) {
			chosen = i;
			tab = resultOf[i] === FINDING || resultOf[i] === LOST ? 'findings' : 'calls';
			updateList();
			const row = rows.indexOf(i);
			list.scrollTop = Math.max(row - 2, 0) / Math.max(rows.length - list.clientHeight / ROW, 1) * (space.offsetHeight - list.clientHeight);
			fillList();
			redraw();
		}
	}
	drag = null;
});
canvas.addEventListener('pointerleave', () => { byId('tip').hidden = true; });
canvas.addEventListener('dblclick', (event) => zoom(0.3, timeUnder(event)));
overview.addEventListener('click', (event) => {
	const middle = timeAt(event, overview, 0) * wholeEnd, half = (view.end - view.begin) / 2;
	look(middle - half, middle + half);
});

const KEYS = {
	'+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), 0: lookAtAll,
	n: () => step(1), p: () => step(-1),
	ArrowLeft: () => move(-0.2), ArrowRight: () => move(0.2),
};
function move(by) {
	const size = view.end - view.begin;
	look(view.begin + by * size, view.end + by * size);
}
document.addEventListener('keydown', (event) => {
	if (event.target === byId('search') || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key])
		return;
	KEYS[event.key]();
	event.preventDefault();
});
byId('in').addEventListener('click', () => zoom(0.5));
byId('out').addEventListener('click', () => zoom(2));
byId('all').addEventListener('click', lookAtAll);
byId('next').addEventListener('click', () => step(1));
byId('previous').addEventListener('click', () => step(-1));
byId('search').addEventListener('input', (event) => {
	search(event.target.value);
	updateList();
	redraw();
});
for (const button of document.querySelectorAll('#tabs button'))
	button.addEventListener('click', () => setTab(button.dataset.tab));
list.addEventListener('scroll', fillList);
addEventListener('resize', () => { redraw(); fillList(); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);

// What is looked at stands in the address, so that it can be kept and sent to somebody.
function remember() {
	const words = new URLSearchParams({ view: `${Math.round(view.begin)},${Math.round(view.end)}`, tab });
	if (query)
		words.set('search', query);
	history.replaceState(null, '', `#${words}`);
}

function recall() {
	const words = new URLSearchParams(location.hash.slice(1));
	const [begin, end] = (words.get('view') || '').split(',').map(Number);
	if (TABS[words.get('tab')])
		tab = words.get('tab');
	byId('search').value = words.get('search') || '';
	search(byId('search').value);
	if (Number.isFinite(begin) && end > begin)
		look(begin, end);
	else
		lookAtAll();
}

const failures = opFailed.reduce((n, failed) => n + (failed ? 1 : 0), 0);
const findings = resultOf.reduce((n, result) => n + (result === FINDING ? 1 : 0), 0);
byId('summary').textContent = `${resultOf.reduce((n, result) => n + (result < FINDING ? 1 : 0), 0)} calls in ${operations} operations, ` +
	`${failures} of which failed; ${findings} findings; ${duration(Math.round(wholeEnd))}`;
for (const remark of data.remarks)
	byId('remarks').append(cell('li', remark));
const findingsTab = document.querySelector('[data-tab=findings]');
findingsTab.textContent = `Findings (${findings})`;
if (findings)
	tab = 'findings';
recall();
updateList();
// For whoever waits until all is there.
document.documentElement.dataset.ready = 'yes';
