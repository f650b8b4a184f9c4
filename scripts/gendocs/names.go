package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// namesPage is the page of the name forms.
func namesPage() []byte {
	var page bytes.Buffer
	fmt.Fprint(&page, "# Names of the 5G core\n\nGenerated from the table in `internal/nf` by `go run ./scripts/gendocs`. `show csr` and `show cert` name the form of each name that is one of these, its network and its NF type.\n\nThe MNC has three digits in a name, so that one of two gets a leading zero; an underscore of an NF type becomes a hyphen, as host names have none (the hyphen is ours).\n\n| name | form | example | clause | known |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range nf.NameForms() {
		fmt.Fprintf(&page, "| %s | `%s` | `%s` | %s | %s |\n", f.Title, f.Shape, f.Example, f.Clause, f.Confidence)
	}
	fmt.Fprintf(&page, "\nThe id of an NF set (TS 23.003 28.12) has no domain behind it: `%s`.\n", nf.SetID{Set: "xyz", Type: "AMF", Network: nf.Network{PLMN: nf.PLMN{MCC: "345", MNC: "012"}}})
	byRelease := map[int][]string{}
	for _, t := range nf.Types() {
		byRelease[t.Release] = append(byRelease[t.Release], "`"+t.Name+"`")
	}
	fmt.Fprintf(&page, "\n## NF types\n\nThe %d of TS 29.510 V19.6.0 (6.1.6.3.3), by the release that brought them. An operator may have its own beside them (RFC 9310 section 5).\n\n| release | NF types |\n| --- | --- |\n", len(nf.Types()))
	for _, release := range slices.Sorted(maps.Keys(byRelease)) {
		name := fmt.Sprint(release)
		if release == 17 {
			name += " and before"
		}
		fmt.Fprintf(&page, "| %s | %s |\n", name, strings.Join(byRelease[release], ", "))
	}
	return page.Bytes()
}
