// Before the first paint, so that nobody sees the other theme or density for a moment.
try {
  for (const name of ['theme', 'density']) {
    const value = localStorage.getItem(`cofferdam.${name}`)
    if (value === 'light' || value === 'dark' || value === 'compact') document.documentElement.dataset[name] = value
  }
} catch {
  // Storage is switched off: the system's theme holds.
}
