package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// rulesPage returns the page of lint's rules: a table for each specification, and
// then each rule in full.
func rulesPage() []byte {
	var page bytes.Buffer
	rules := lint.Rules()
	fmt.Fprintf(&page, "# Rules of nfcert lint\n\nGenerated from the rules by `go run ./scripts/gendocs`. `nfcert lint --explain RULE`\nprints the same text, and [lint](lint.md) explains how to use the rules. There are %d,\nnot counting zlint's.\n\n", len(rules))
	fmt.Fprint(&page, "We know a rule marked *quoted* from a text that quotes the clause, a rule marked\n*secondary* from a text that cites it, and a rule marked *unverified* from memory or\nby inference. The last two give at most a warning.\n")
	bySpec := map[string][]lint.Rule{}
	for _, r := range rules {
		bySpec[specification(r)] = append(bySpec[specification(r)], r)
	}
	for _, spec := range slices.Sorted(maps.Keys(bySpec)) {
		fmt.Fprintf(&page, "\n## %s\n\n| rule | severity | level | field | clause | what is wrong |\n| --- | --- | --- | --- | --- | --- |\n", spec)
		for _, r := range bySpec[spec] {
			fmt.Fprintf(&page, "| [%s](#%[1]s) | %s | %s | %s | %s | %s |\n", r.ID, r.Severity, r.Level, cell(string(r.Field)), cell(clause(r)), cell(r.Title))
		}
	}
	fmt.Fprint(&page, "\n# Each rule\n")
	for _, r := range rules {
		ruleSection(&page, r)
	}
	return trimEnd(page.Bytes())
}

// specification is the document of a rule's clause; our own rules have none.
func specification(r lint.Rule) string {
	words := strings.Fields(r.Clause)
	if len(words) < 2 { // "ours"
		return "Advice of nfcert"
	}
	return words[0] + " " + strings.Trim(words[1], ",;")
}

// clause is a rule's clause and how we know it.
func clause(r lint.Rule) string {
	if r.Clause != "" && r.Confidence != nf.Read {
		return r.Clause + " (" + string(r.Confidence) + ")"
	}
	return r.Clause
}

func ruleSection(page *bytes.Buffer, r lint.Rule) {
	fmt.Fprintf(page, "\n### %s\n\n%s. **%s**, %s", r.ID, upperFirst(strings.TrimSuffix(r.Title, ".")), r.Severity, r.Level)
	if c := clause(r); c != "" {
		fmt.Fprintf(page, ", %s", c)
	}
	fmt.Fprintf(page, ".\n\n%s\n\n", r.Why)
	if r.Lenience != "" {
		fmt.Fprintf(page, "Less severe than its level: %s\n\n", r.Lenience)
	}
	fmt.Fprintf(page, "Fix: %s\n", r.Fix)
	if r.Good != "" || r.Bad != "" {
		fmt.Fprint(page, "\n```text\n")
		for _, example := range [][2]string{{"good: ", r.Good}, {"bad:  ", r.Bad}} {
			if example[1] != "" {
				fmt.Fprintf(page, "%s%s\n", example[0], example[1])
			}
		}
		fmt.Fprint(page, "```\n")
	}
}

// cell escapes text for a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
