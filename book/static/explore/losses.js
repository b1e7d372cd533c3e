// Losses as something to push: a score on its curve, two scores of a pair, five scores of a row.
(function () {
	"use strict";
	const { el, set, short, format, reading, range, plot, handle } = explore;
	const RATE = 0.2; // a step moves a score by this times its push
	const curve = (area, f) => {
		const [low, high] = area.x;
		area.curve(Array.from({ length: 161 }, (_, i) => low + ((high - low) * i) / 160).map((x) => [x, f(x)]));
	};

	// Makes the path an arrow from (x, y) by (dx, dy); nothing where there is no length.
	function arrow(path, x, y, dx, dy = 0) {
		const tip = Math.hypot(dx, dy), head = Math.min(7, tip), side = 0.6 * head;
		set(path, {
			d: tip < 1 ? "" : `M0 0H${tip}l${-head} ${-side}M${tip} 0l${-head} ${side}`,
			transform: `translate(${x} ${y}) rotate(${(180 / Math.PI) * Math.atan2(dy, dx)})`,
		});
	}

	function onSteps(find, step) {
		for (const n of [1, 20]) find(`[data-steps="${n}"]`).onclick = () => step(n);
	}

	// --- One score and its target ---

	const ROUND = { mse: 10, binary_cross_entropy: 1 }; // the top of the picture is a multiple of it
	const KINDS = Object.keys(ROUND);

	function panel(kind, box, state) {
		const [{ textContent: name }, svg, caption] = box.children;
		const loss = (s) => formulas[kind]([state.target], [s]);
		let area, knob, push;

		function draw() {
			const near = Math.min(-4, 2 * Math.floor(state[kind] / 2)), far = Math.max(12, 10 * Math.ceil((state[kind] + 2) / 10));
			const top = ROUND[kind] * Math.ceil((Math.max(loss(near), loss(far)) - 0.01) / ROUND[kind]);
			set(svg, { "aria-label": `${name}, target ${short(state.target)}` });
			area = plot(svg, { x: [near, far], y: [Math.min(0, Math.floor(loss(far))), Math.max(14, top)] });
			curve(area, loss);
			push = el("path.push");
			area.ink.append(push);
			knob = handle(area, { label: `Score under ${name.toLowerCase()}`, text: (s) => `score ${short(s)}, loss ${format(loss(s))}` },
				(s) => { state[kind] = s; state.steps = 0; place(); state.told(); });
			place();
		}

		function place() {
			const s = state[kind], pushed = -formulas.gradient[kind]([state.target], [s])[0];
			if (s < area.x[0] || s > area.x[1]) return draw();
			const px = area.X(s), py = area.Y(Math.min(loss(s), area.y[1]));
			knob.set(s, py);
			arrow(push, px, py, area.X(Math.min(area.x[1], Math.max(area.x[0], s + pushed))) - px);
			caption.textContent = `score ${short(s, 2)}, loss ${short(loss(s), 2)}, gradient ${format(-pushed)}, push ${format(pushed)}`;
		}

		return { draw, place };
	}

	function one(find) {
		const opening = { mse: 0, binary_cross_entropy: 0, steps: 0 }, state = { target: 3, ...opening };
		const panels = KINDS.map((kind) => panel(kind, find(`.losses-${kind}`), state));
		const say = reading(find);
		state.told = () => {
			const y = state.target, push = -formulas.gradient.binary_cross_entropy([y], [state.binary_cross_entropy])[0];
			const after = state.steps ? `After ${state.steps} step${state.steps > 1 ? "s" : ""}: s` : "S";
			say(y > 1 ? "endless" : y === 0.5 ? "floor" : "fading",
				{ after, target: short(y), push: format(Math.abs(push), 2), least: short(y - 1), way: y ? "up" : "down" });
		};
		const draw = () => {
			panels.forEach((p) => p.draw());
			state.told();
		};
		const step = (n) => {
			for (let i = 0; i < n; i++) {
				for (const kind of KINDS) state[kind] -= RATE * formulas.gradient[kind]([state.target], [state[kind]])[0];
			}
			state.steps += n;
			panels.forEach((p) => p.place());
			state.told();
		};
		range(find("input"), (y) => { state.target = y; state.steps = 0; draw(); });
		onSteps(find, step);
		find("[data-back]").onclick = () => { Object.assign(state, opening); draw(); };
		draw();
	}

	// --- BPR: two scores, one gap ---

	function pair(find) {
		const at = [-2, 2], say = reading(find); // the scores of the liked film and of the drawn one
		const scores = plot(find(".losses-scores"), { x: [-4, 4], y: [0, 1], yTicks: [], left: 46 });
		const gaps = plot(find(".losses-gap"), { x: [-8, 8], y: [0, 8] });
		curve(gaps, (gap) => formulas.bpr([], [gap, 0]));
		const dot = el("circle.spot", { r: 5 }), push = el("path.push");
		gaps.ink.append(push, dot);
		const square = el("rect", { x: -6, y: -6, width: 12, height: 12 });
		const films = [["liked", 40], ["drawn", 80, square]].map(([who, y, shape], i) => {
			const push = el("path.push");
			scores.ink.append(el("text", { x: 0, y: y + 4 }, who), push);
			const knob = handle(scores, { label: `Score of the ${who} film`, shape }, (s) => { at[i] = s; place(); });
			return { y, knob, push };
		});
		function place() {
			const gap = at[0] - at[1], gradient = formulas.gradient.bpr([], at), loss = formulas.bpr([], at);
			films.forEach((film, i) => {
				film.knob.set(at[i], film.y);
				arrow(film.push, scores.X(at[i]), film.y, scores.X(-gradient[i]) - scores.X(0));
			});
			set(dot, { cx: gaps.X(gap), cy: gaps.Y(loss) });
			arrow(push, gaps.X(gap), gaps.Y(loss), gaps.X(-gradient[0]) - gaps.X(0));
			const other = formulas.sigmoid(gap) * formulas.sigmoid(-gap); // the push of 1 − σ(gap)
			say("gap", { gap: short(gap, 1), loss: format(loss), push: format(-gradient[0]), other: format(other) });
		}
		place();
	}

	// --- Softmax: five scores share one unit ---

	function five(find) {
		const say = reading(find);
		const area = plot(find("svg"), { x: [0.4, 5.6], y: [-4, 4], xTicks: [], bottom: 12 });
		area.ink.append(el("path.zero", { d: `M${area.X(0.4)} ${area.Y(0)}H${area.X(5.6)}` }));
		let scores;
		const films = Array.from(find(".softmax-films").children, (label, i) => {
			const push = el("path.push");
			area.ink.append(push);
			label.control.onchange = () => place();
			const knob = handle(area, { label: `Score of film ${i + 1}`, along: "y" }, (to) => { scores[i] = to; place(); });
			return { push, knob, box: label.control, share: label.lastChild };
		});
		const likes = () => films.map(({ box }) => Number(box.checked));
		const step = (n) => {
			for (let t = 0; t < n; t++) {
				const gradient = formulas.gradient.multinomial(likes(), scores);
				scores = scores.map((s, i) => Math.min(4, Math.max(-4, s - 5 * RATE * gradient[i])));
			}
			place();
		};
		function place() {
			const liked = likes(), gradient = formulas.gradient.multinomial(liked, scores), shares = formulas.softmax(scores);
			films.forEach(({ push, knob, share }, i) => {
				const px = area.X(i + 1), py = area.Y(scores[i]);
				knob.set(Number(scores[i].toFixed(3)), px);
				arrow(push, px + 14, py, 0, area.Y(-gradient[i]) - area.Y(0));
				share.textContent = format(shares[i], 2);
			});
			const low = Math.min(...gradient), high = Math.max(...gradient), film = (push) => gradient.indexOf(push) + 1;
			say(!liked.includes(1) ? "nothing" : high < 0.005 ? "rest" : "sum", { loss: format(formulas.multinomial(liked, scores)),
				lifted: film(low), lift: format(-low, 2), paying: film(high), price: format(high, 2) });
		}
		function begin() {
			scores = [2, 1, 0, -1, -2];
			films.forEach(({ box }) => { box.checked = box.defaultChecked; });
			place();
		}
		onSteps(find, step);
		find("[data-back]").onclick = begin;
		begin();
	}

	explore.start("losses", (find) => {
		one((selector) => find(`.losses-one ${selector}`));
		pair((selector) => find(`.losses-pair ${selector}`));
		five((selector) => find(`.losses-five ${selector}`));
	});
})();
