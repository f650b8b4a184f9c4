package lint

import "testing"

// The table names only rules that exist, and no rule covers itself.
func TestOverlapsNameRules(t *testing.T) {
	for _, o := range overlaps() {
		for _, id := range append([]string{o.rule}, o.by...) {
			if _, ok := Lookup(id); !ok {
				t.Errorf("overlap of %s: no rule %q", o.rule, id)
			}
		}
		for _, id := range o.by {
			if id == o.rule {
				t.Errorf("overlap of %s: it covers itself", o.rule)
			}
		}
	}
}
