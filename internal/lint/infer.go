package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// defaultProfile is the profile of a certificate that nothing else identifies.
const defaultProfile = "nf-tls"

// InferProfile infers the profile that a request or certificate should follow,
// from its usages first, then its NF types, then its names. It also says why.
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
		why += "; no name is in the 5G core: use af-tls for an AF or NEF facing external networks, ri-signing for a roaming intermediary"
	}
	return name, why
}

func inferFromRoles(c *inspect.Contents) (name, why string) {
	client, server := hasUsage(c, nf.UsageClientAuth), hasUsage(c, nf.UsageServerAuth)
	switch {
	case client && server:
		return "nf-tls", "extKeyUsage has clientAuth and serverAuth"
	case client:
		return "nf-tls-client", "extKeyUsage has only clientAuth"
	case server:
		return "nf-tls-server", "extKeyUsage has only serverAuth"
	}
	return defaultProfile, "the default: neither usages, NF types nor names identify another"
}

// inferFromTypes uses the NF types, or the names of a certificate without them.
func inferFromTypes(c *inspect.Contents) (name, why string) {
	what, types := "nfTypes has ", []string(nil)
	if c.NFTypes != nil {
		types = c.NFTypes.Types
	} else if c.SubjectAltName != nil {
		what = "a dNSName has the label of "
		for _, dns := range c.SubjectAltName.DNSNames {
			if d := parseDomainName(dns); d.function != "" {
				types = append(types, strings.ToUpper(d.function))
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
	if c.SubjectAltName != nil && slices.ContainsFunc(c.SubjectAltName.DNSNames, nf.IsWildcard) {
		return "sepp-tls", what + "SEPP, and a dNSName is a wildcard"
	}
	if c.SubjectAltName == nil || !slices.ContainsFunc(c.SubjectAltName.URIs, nf.IsURN) {
		return "sepp-n32", what + "SEPP, without a wildcard or an NF instance id"
	}
	return "sepp-tls", what + "SEPP"
}

// outside reports whether there are dNSNames, and none is in the 5G core.
func outside(c *inspect.Contents) bool {
	if c.SubjectAltName == nil || len(c.SubjectAltName.DNSNames) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.SubjectAltName.DNSNames, func(dns string) bool {
		d := parseDomainName(dns)
		return d.core
	})
}
