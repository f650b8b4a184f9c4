package acmewire

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// linkValue matches one link of a Link header field (RFC 8288 section 3): its
// target and its parameters. Several links may share a field. White space
// around "=" must be accepted, and quoted text may contain escaped quotes (RFC
// 9110 sections 5.6.3 and 5.6.4).
var linkValue = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`<([^<>]*)>((?:\s*;\s*[^=;,]+(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^";,]*))?)*)`)
})

// links returns the absolute targets of the Link header fields with this
// relation.
func links(ex *Exchange, rel string) []string {
	base, err := url.Parse(ex.URL)
	if err != nil {
		return nil
	}
	var found []string
	for _, field := range ex.header.Values("Link") {
		if !strings.Contains(strings.ToLower(field), rel) {
			continue
		}
		for _, link := range linkValue().FindAllStringSubmatch(field, -1) {
			u, err := base.Parse(link[1])
			if err == nil && hasRel(link[2], rel) && !slices.Contains(found, u.String()) {
				found = append(found, u.String())
			}
		}
	}
	return found
}

// linkParam matches one parameter, with a quoted value as a whole.
var linkParam = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`;\s*([^=;,"]+)(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^";,]*)))?`)
})

// hasRel reports whether a link's parameters name the relation.
func hasRel(params, want string) bool {
	for _, p := range linkParam().FindAllStringSubmatch(params, -1) {
		if !strings.EqualFold(strings.TrimSpace(p[1]), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(p[2] + p[3]) {
			if strings.EqualFold(rel, want) {
				return true
			}
		}
	}
	return false
}
