package main

import (
	"bytes"
	"fmt"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// deviationsPage is the table of what nfcert accepts from servers.
func deviationsPage() []byte {
	var page bytes.Buffer
	fmt.Fprint(&page, `# Deviations

Generated from the table in `+"`internal/acmewire`"+` by `+"`go run ./scripts/gendocs`"+`; `+"`nfcert help deviations`"+` prints the same.

nfcert accepts these deviations of servers from the standard, and records each one that it meets. `+"`nfcert show server`"+` lists what a server has shown: its `+"`deviations`"+` have `+"`id`, `clause`, `what`, `found` (the first time), `count` and `last`"+`. They are remembered in `+"`servers/ID/deviations.json`"+` of the [state](state.md). *Warned of* says which ones print a warning by themselves. *Code* is the package below `+"`internal`"+` that accepts it.

| id | clause | what the server does, and what nfcert does | known servers | warned of | code |
| --- | --- | --- | --- | --- | --- |
`)
	for _, d := range acmewire.Deviations() {
		warned := ""
		if d.Loud {
			warned = "yes"
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s | %s |\n", d.ID, d.Clause, d.What, d.Where, warned, d.Code)
	}
	return page.Bytes()
}
