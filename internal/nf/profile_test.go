package nf

import "testing"

// TestProfileNames checks that a profile is found by its own name.
func TestProfileNames(t *testing.T) {
	names := ProfileNames()
	for i, p := range Profiles() {
		if p.Name != names[i] {
			t.Errorf("the profile listed as %q is named %q", names[i], p.Name)
		}
		if got, ok := LookupProfile(p.Name); !ok || got.Title != p.Title {
			t.Errorf("LookupProfile(%q) = %q, %t; want %q", p.Name, got.Title, ok, p.Title)
		}
	}
	if p, ok := LookupProfile("no-such"); ok {
		t.Errorf(`LookupProfile("no-such") = %q, want none`, p.Name)
	}
}
