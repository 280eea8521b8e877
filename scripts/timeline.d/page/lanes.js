// SPDX-License-Identifier: GPL-2.0
//
// The lanes of the picture: one for each CPU, with calls that are within another one below it.

const cpus = [...new Set(whats.filter((what) => !what.lost).map((what) => Number(what.cpu)))].sort((a, b) => a - b);
const laneOf = new Map(cpus.map((cpu, i) => [cpu, i]));
const lanes = cpus.map(() => ({ depth: 1 }));
const laneAt = new Uint16Array(whats.map((what) => laneOf.get(Number(what.cpu)) ?? 0));

// A call is in the log when it returns, so those within it are before it.
for (let op = 0; op < operations; op++) {
	const open = new Map();
	for (let i = opFirst[op] + opCount[op] - 1; i >= opFirst[op]; i--) {
		const lane = laneAt[whatOf[i]];
		const around = open.get(lane) || open.set(lane, []).get(lane);
		while (around.length && around.at(-1) >= ends[i])
			around.pop();
		depthOf[i] = Math.min(around.length, 6);
		if (lanes[lane])
			lanes[lane].depth = Math.max(lanes[lane].depth, depthOf[i] + 1);
		if (isCall(i))
			around.push(begins[i]);
	}
}
