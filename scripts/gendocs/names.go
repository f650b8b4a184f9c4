package main

import (
	"bytes"
	"fmt"

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
	return page.Bytes()
}
