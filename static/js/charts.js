// Draws each [data-chart] from the JSON it names, in the colours of the theme; redraws when the theme changes.
(() => {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // Plotly's own locale files are not part of the bundle; these are the words that our axes need.
  const months = Array.from({ length: 12 }, (_, index) => `${index + 1}月`);
  Plotly.register({
    moduleType: "locale",
    name: "zh-Hans",
    dictionary: {
      "Download plot as a PNG": "下载图片（PNG）",
      Zoom: "缩放",
      "Zoom in": "放大",
      "Zoom out": "缩小",
      Pan: "平移",
      "Reset axes": "重置坐标轴",
    },
    format: {
      days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
      shortDays: ["日", "一", "二", "三", "四", "五", "六"],
      months,
      shortMonths: months,
      date: "%Y-%m-%d",
    },
  });

  const axis = () => ({
    gridcolor: color("line"),
    linecolor: color("line-strong"),
    zerolinecolor: color("line-strong"),
    tickcolor: color("line-strong"),
    ticks: "outside",
    ticklen: 4,
    automargin: true,
  });

  const themed = (figure) => {
    const layout = structuredClone(figure.layout || {});
    const body = getComputedStyle(document.body);
    layout.font = { ...layout.font, family: body.fontFamily, size: 12, color: color("ink-2") };
    layout.paper_bgcolor = "rgba(0,0,0,0)";
    layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.colorway = layout.colorway || ["accent", "held", "warn", "wait", "pass", "fail"].map(color);
    layout.margin = { l: 8, r: 16, t: 8, b: 8, ...layout.margin };
    layout.hoverlabel = { bgcolor: color("surface"), bordercolor: color("line-strong"), font: { color: color("ink") } };
    layout.autosize = true;
    for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key)).concat(["xaxis", "yaxis"])) {
      layout[name] = { ...axis(), ...layout[name] };
    }
    for (const shape of layout.shapes || []) tint(shape, shape.name);
    const traces = structuredClone(figure.data || []);
    for (const trace of traces) tint(trace, trace.meta && trace.meta.tone);
    return { traces, layout };
  };

  const tint = (item, tone) => {
    if (!tone || !color(tone)) return;
    item.line = { ...item.line, color: color(tone) };
    if ("fillcolor" in item || item.fill) item.fillcolor = `${color(tone)}24`;
    if ("type" in item && !("x0" in item)) item.marker = { ...item.marker, color: color(tone) };
  };

  const draw = (element) => {
    const figure = JSON.parse(document.getElementById(element.dataset.chart).textContent);
    const { traces, layout } = themed(figure);
    const config = {
      locale: document.documentElement.lang,
      displaylogo: false,
      responsive: true,
      modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
    };
    return Plotly.react(element, traces, layout, config);
  };

  const drawAll = (root) => {
    for (const element of root.querySelectorAll("[data-chart]")) draw(element);
  };

  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:afterSwap", (event) => drawAll(event.target));
  document.addEventListener("exomark:theme", () => drawAll(document));
  window.addEventListener("beforeprint", () => drawAll(document));
})();
