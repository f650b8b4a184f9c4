package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// seppSCPRules check the certificates of SEPPs and SCPs (TS 33.501 clause 13).
func seppSCPRules() []Rule {
	return []Rule{{
		ID: "sepp-plmn", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.1.2",
		most: warning, Lenience: "the clause is about the peer; only the test specification (TS 33.517) says where the certificate contains the PLMN",
		Title: "no name of a SEPP contains a PLMN",
		Why:   "The peer SEPP maps the PLMN in the certificate to a trust anchor. Without a PLMN it cannot choose one, and refuses N32.",
		Fix:   "use nfcert csr --profile sepp-n32 --plmn 001-01 --fqdn sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "sepp.example.org",
		check: func(s *Subject, r *report) {
			if s.isSEPP() && len(s.domains) > 0 && len(s.networks) == 0 {
				r.hit(strings.Join(s.dnsNames(), ", "), "a name with mnc and mcc", "no dNSName of the SEPP contains a PLMN, want a name with mnc and mcc")
			}
		},
	}, {
		ID: "sepp-one-plmn", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.1.2",
		most: warning, Lenience: "the peer refuses only PLMNs that map to different trust anchors, which only the peer knows",
		Title: "the names of a SEPP contain several PLMNs",
		Why:   "If they map to different trust anchors, the peer shall refuse the certificate.",
		Fix:   "create one certificate for each PLMN: nfcert csr --profile sepp-n32 --plmn",
		Good:  "one mnc and mcc in all names", Bad: "sepp1...mnc001.mcc001... and sepp1...mnc002.mcc001...",
		check: func(s *Subject, r *report) {
			if n := s.networks; s.isSEPP() && len(n) > 1 {
				r.hit(strings.Join(n, ", "), "one PLMN", "dNSNames of the SEPP contain %d PLMNs, want one", len(n))
			}
		},
	}, {
		ID: "sepp-wildcard", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.1.1.1",
		most: info, Lenience: "with 3gpp-Sbi-Target-apiRoot no wildcard is needed (13.1.1.2, note)",
		Title: "a SEPP's server certificate without a wildcard for its domain",
		Why:   "NFs that use telescopic FQDNs call the SEPP by names below its own, which only a wildcard matches.",
		Fix:   "use nfcert csr --profile sepp-tls, which adds it; in openssl.cnf DNS:*.sepp1.sepp.5gc...",
		Good:  "sepp1.sepp.5gc..., *.sepp1.sepp.5gc...", Bad: "only sepp1.sepp.5gc...",
		check: func(s *Subject, r *report) {
			if !s.isSEPP() || !hasUsage(s.Contents, nf.UsageServerAuth) || len(s.domains) == 0 || len(s.urns()) == 0 {
				return // without an instance id it is for N32, which has no telescopic FQDNs
			}
			if !slices.ContainsFunc(s.domains, func(d domainName) bool { return d.wildcard }) {
				r.hit(strings.Join(s.dnsNames(), ", "), "*.<SEPP FQDN> too", "no dNSName is a wildcard for telescopic FQDNs, want *.<SEPP FQDN> too")
			}
		},
	}, {
		ID: "proxy-roles", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.3",
		most: warning, Lenience: "the two roles may have separate certificates",
		Title: "a SEPP or SCP that is not both client and server",
		Why:   "SEPPs and SCPs are authenticated towards both sides (13.3.3 to 13.3.7): they accept connections and open them.",
		Fix:   "request both: use nfcert csr --profile sepp-tls or scp-tls; in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "extendedKeyUsage = serverAuth",
		check: func(s *Subject, r *report) {
			client, server := hasUsage(s.Contents, nf.UsageClientAuth), hasUsage(s.Contents, nf.UsageServerAuth)
			if (s.isSEPP() || s.hasType("SCP")) && client != server {
				r.hit(s.usageNames(), "clientAuth, serverAuth", "extKeyUsage of a SEPP or SCP lacks a role, want clientAuth and serverAuth")
			}
		},
	}}
}

// isSEPP reports whether the NF types include SEPP. Without NF types a label
// sepp in a dNSName decides.
func (s *Subject) isSEPP() bool {
	if s.NFTypes != nil {
		return s.hasType("SEPP")
	}
	return slices.ContainsFunc(s.domains, func(d domainName) bool { return d.function == "sepp" })
}
