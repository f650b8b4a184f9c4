package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// defaultProfile is what is assumed of a certificate that says nothing.
const defaultProfile = "nf-tls"

// InferProfile tells which profile a request or certificate is meant to follow,
// by its usages first, then its NF types, then its names, and why.
func InferProfile(c *inspect.Contents) (profile nf.Profile, why string) {
	name, why := infer(c)
	profile, ok := nf.LookupProfile(name)
	if !ok {
		profile, _ = nf.LookupProfile(defaultProfile)
	}
	return profile, why
}

func infer(c *inspect.Contents) (name, why string) {
	switch {
	case hasUsage(c, nf.UsageJWT):
		return "cca-signing", "extKeyUsage has jwt"
	case hasUsage(c, nf.UsageOAuthAccessTokenSigning):
		return "nrf-token-signing", "extKeyUsage has oauthAccessTokenSigning"
	case hasUsage(c, nf.UsageHTTPContentEncrypt):
		return "n32-encryption", "extKeyUsage has httpContentEncrypt"
	}
	if name, why := inferFromTypes(c); name != "" {
		return name, why
	}
	if name, why = inferFromRoles(c); c.NFTypes == nil && outside(c) {
		why += "; no name is in the 5G core: an AF or NEF towards the outside has profile af-tls, a roaming intermediary ri-signing"
	}
	return name, why
}

func inferFromRoles(c *inspect.Contents) (name, why string) {
	client, server := hasUsage(c, nf.UsageClientAuth), hasUsage(c, nf.UsageServerAuth)
	switch {
	case client && server:
		return "nf-tls", "extKeyUsage has clientAuth and serverAuth"
	case client:
		return "nf-tls-client", "extKeyUsage has clientAuth alone"
	case server:
		return "nf-tls-server", "extKeyUsage has serverAuth alone"
	}
	return defaultProfile, "nothing says otherwise"
}

// inferFromTypes looks at the NF types, and at names where there are none.
func inferFromTypes(c *inspect.Contents) (name, why string) {
	what, types := "nfTypes has ", []string(nil)
	if c.NFTypes != nil {
		types = c.NFTypes.Types
	} else if c.SubjectAltName != nil {
		what = "a name has the label of "
		for _, dns := range c.SubjectAltName.DNSNames {
			if p := parsePlace(dns); p.function != "" {
				types = append(types, strings.ToUpper(p.function))
			}
		}
	}
	switch {
	case slices.Contains(types, "SEPP"):
		return inferSEPP(c, what)
	case slices.Contains(types, "NRF"):
		return "nrf-tls", what + "NRF"
	case slices.Contains(types, "SCP"):
		return "scp-tls", what + "SCP"
	case (slices.Contains(types, "AF") || slices.Contains(types, "NEF")) && outside(c):
		return "af-tls", what + "AF or NEF, and no name is in the 5G core"
	}
	return "", ""
}

func inferSEPP(c *inspect.Contents, what string) (name, why string) {
	if c.SubjectAltName != nil {
		for _, dns := range c.SubjectAltName.DNSNames {
			if strings.HasPrefix(dns, "*.") {
				return "sepp-tls", what + "SEPP, and a name is a wildcard"
			}
		}
	}
	if c.SubjectAltName == nil || !slices.ContainsFunc(c.SubjectAltName.URIs, nf.IsURN) {
		return "sepp-n32", what + "SEPP, with neither wildcard nor instance id"
	}
	return "sepp-tls", what + "SEPP"
}

// outside reports whether there are names, and none of the 5G core.
func outside(c *inspect.Contents) bool {
	if c.SubjectAltName == nil || len(c.SubjectAltName.DNSNames) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.SubjectAltName.DNSNames, func(dns string) bool {
		p := parsePlace(dns)
		return p.core
	})
}
