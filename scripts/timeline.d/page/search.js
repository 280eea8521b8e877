// SPDX-License-Identifier: GPL-2.0
//
// What is looked at and looked for.

const view = { begin: 0, end: Math.max(wholeEnd, 1) };
let chosen = -1, tab = 'operations', query = '';
// For each "what" whether it is one that is looked for.
let hits = null;

function search(text) {
	query = text;
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	hits = words.length ? whats.map((what) => words.every((word) => what.text.includes(word))) : null;
	if (words.length) {
		// What became of a call is not in its "what".
		const asResult = CLASSES.indexOf(words[0]);
		if (words.length === 1 && asResult >= 0)
			hits = { result: asResult };
	}
	let found = 0;
	if (hits) {
		for (let i = 0; i < count; i++)
			found += isHit(i);
	}
	byId('matches').textContent = hits ? `${found} found` : '';
}

function isHit(i) {
	return hits.result === undefined ? hits[whatOf[i]] : resultOf[i] === hits.result;
}
