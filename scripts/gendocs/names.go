package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// namesPage returns the page of the name forms and NF types.
func namesPage() []byte {
	var page bytes.Buffer
	fmt.Fprint(&page, "# Names of the 5G core\n\nGenerated from the table in `internal/nf` by `go run ./scripts/gendocs`. For each name of one of these forms, `show csr` and `show cert` print the form, the network and the NF type.\n\nThe MNC in a name has three digits: an MNC of two digits gets a leading zero. An underscore in an NF type becomes a hyphen, because host names have no underscores. The hyphen is our choice.\n\n*Known* says how we know the form: **read** in the text of the clause, **secondary** from a text that cites it, **unverified** from memory or inferred.\n\n| name | form | example | clause | known |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range nf.NameForms() {
		fmt.Fprintf(&page, "| %s | `%s` | `%s` | %s | %s |\n", f.Title, f.Shape, f.Example, f.Clause, f.Confidence)
	}
	fmt.Fprintf(&page, "\nThe ID of an NF set (TS 23.003 28.12) does not end with a domain: `%s`.\n", nf.SetID{Set: "xyz", Type: "AMF", Network: nf.Network{PLMN: nf.PLMN{MCC: "345", MNC: "012"}}})
	byRelease := map[int][]string{}
	for _, t := range nf.Types() {
		byRelease[t.Release] = append(byRelease[t.Release], "`"+t.Name+"`")
	}
	fmt.Fprintf(&page, "\n## NF types\n\nThe %d types of TS 29.510 V19.6.0 (6.1.6.3.3), by the release that added them. Operators may define other types (RFC 9310 section 5).\n\n| release | NF types |\n| --- | --- |\n", len(nf.Types()))
	for _, release := range slices.Sorted(maps.Keys(byRelease)) {
		name := fmt.Sprint(release)
		if release == 17 {
			name += " and before"
		}
		fmt.Fprintf(&page, "| %s | %s |\n", name, strings.Join(byRelease[release], ", "))
	}
	return page.Bytes()
}
