package acmewire

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// linkValue matches one link of a Link header field (RFC 8288 section 3): its
// target and its parameters. Several links may share a field.
var linkValue = regexp.MustCompile(`<([^>]*)>((?:\s*;\s*[^=;,]+(?:=(?:"[^"]*"|[^";,]*))?)*)`)

// links finds the targets of Link header fields with this relation, made
// absolute.
func links(ex *Exchange, rel string) []string {
	base, err := url.Parse(ex.URL)
	if err != nil {
		return nil
	}
	var found []string
	for _, field := range ex.header.Values("Link") {
		for _, link := range linkValue.FindAllStringSubmatch(field, -1) {
			u, err := base.Parse(link[1])
			if err == nil && hasRel(link[2], rel) && !slices.Contains(found, u.String()) {
				found = append(found, u.String())
			}
		}
	}
	return found
}

// hasRel reports whether a link's parameters name the relation.
func hasRel(params, want string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, want) {
				return true
			}
		}
	}
	return false
}
