// What the theme leaves out for those who use a screen reader or the keyboard: the search has a name, and wide tables, which
// the theme wraps once a page is there, can be reached to be scrolled.
const complete = () => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const wide of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) wide.tabIndex = 0;
};
new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
complete();
