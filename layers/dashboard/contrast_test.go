package dashboard_test

// lowContrast is a script that lists texts of the page whose contrast with what is behind
// them is below 4.5, the minimum of the accessibility guidelines of the web.
const lowContrast = `(() => {
	const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
	const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
		.map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (element) => {
		for (let at = element; at; at = at.parentElement) {
			const color = parse(getComputedStyle(at).backgroundColor);
			if (color.length === 3) return color;
		}
		return [255, 255, 255];
	};
	const low = [];
	for (const element of document.querySelectorAll("body *:not(svg *)")) {
		const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
		if (!own || !element.checkVisibility() || element.disabled) continue;
		const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < 4.5) low.push(element.tagName + "." + element.className + " " + element.textContent.slice(0, 40) + " " + contrast.toFixed(2));
	}
	return low;
})()`
