package scripts_test

import "testing"

// TestAnnexJ runs every command that docs/annex-j.md shows, and holds its
// transcript to what is on the wire today.
func TestAnnexJ(t *testing.T) { runPage(t, "docs/annex-j.md") }
