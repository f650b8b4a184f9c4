package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// profilesPage returns the page of the certificate profiles.
func profilesPage() []byte {
	var page bytes.Buffer
	fmt.Fprint(&page, `# Certificate profiles

Generated from the tables in `+"`internal/nf`"+` by `+"`go run ./scripts/gendocs`"+`; `+"`nfcert csr profiles NAME`"+` prints the same table. The CSR generator, the linter and the comparison of request and certificate use these rows.

*Known* says how we know a rule: **read** in the text of the clause, **quoted** from a text that quotes the clause, **secondary** from a text that cites it, **unverified** from memory or inferred. A rule that is secondary or unverified gives at most a warning.

| profile | for | clause |
| --- | --- | --- |
`)
	for _, p := range nf.Profiles() {
		fmt.Fprintf(&page, "| [%s](#%s) | %s | %s |\n", p.Name, p.Name, p.Title, p.Clause)
	}
	for _, p := range nf.Profiles() {
		fmt.Fprintf(&page, "\n## %s\n\n%s: %s.", p.Name, p.Title, p.Clause)
		var usages []string
		for _, oid := range p.ExtKeyUsages {
			usages = append(usages, nf.UsageName(oid))
		}
		if len(usages) > 0 {
			fmt.Fprintf(&page, " Extended key usages: %s.", strings.Join(usages, ", "))
		}
		if p.NFType != "" {
			fmt.Fprintf(&page, " NF type: %s.", p.NFType)
		}
		if len(p.Keys) > 0 {
			fmt.Fprintf(&page, " Keys: %s.", strings.Join(p.Keys, ", "))
		}
		fmt.Fprint(&page, "\n\n| field | presence | critical | rule | clause | level | known | in the CSR |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
		for _, f := range p.Fields {
			requested := ""
			if f.Requested {
				requested = "yes"
			}
			fmt.Fprintf(&page, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", f.Name, f.Presence, f.Critical, strings.ReplaceAll(f.Rule, "*", "\\*"), f.Clause, f.Level, f.Confidence, requested)
		}
	}
	return page.Bytes()
}
