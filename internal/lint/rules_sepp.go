package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// seppRules judge the certificates of SEPPs and SCPs: TS 33.501 clause 13.
func seppRules() []Rule {
	return []Rule{{
		ID: "sepp-plmn", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.1.2",
		most: warning, Lenience: "the clause rules the peer; where in the certificate the PLMN stands is known from the test specification (TS 33.517) alone",
		Title: "no name of a SEPP holds a PLMN",
		Why:   "The peer SEPP maps the PLMN in the certificate to a trust anchor. Without one it cannot choose, and refuses N32.",
		Fix:   "nfcert csr --profile sepp-n32 --plmn 001-01 --fqdn sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "sepp.example.org",
		check: func(s *Subject, r *report) {
			if s.isSEPP() && len(s.places) > 0 && len(s.networks) == 0 {
				r.hit(strings.Join(s.dnsNames(), ", "), "a name with mnc and mcc", "no name of the SEPP holds a PLMN")
			}
		},
	}, {
		ID: "sepp-one-plmn", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.1.2",
		most: warning, Lenience: "the peer refuses only where the PLMNs map to different trust anchors, which it alone knows",
		Title: "the names of a SEPP hold several PLMNs",
		Why:   "Where they map to different trust anchors, the peer shall refuse the certificate.",
		Fix:   "make one certificate for each PLMN: nfcert csr --profile sepp-n32 --plmn",
		Good:  "one mnc and mcc in all names", Bad: "sepp1...mnc001.mcc001... and sepp1...mnc002.mcc001...",
		check: func(s *Subject, r *report) {
			if n := s.networks; s.isSEPP() && len(n) > 1 {
				r.hit(strings.Join(n, ", "), "one PLMN", "the names of the SEPP hold %d PLMNs", len(n))
			}
		},
	}, {
		ID: "sepp-wildcard", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.1.1.1",
		most: info, Lenience: "with 3gpp-Sbi-Target-apiRoot no wildcard is needed (13.1.1.2, note)",
		Title: "a SEPP's server certificate without a wildcard for its domain",
		Why:   "NFs that use telescopic FQDNs reach the SEPP by names below its own, which only a wildcard matches.",
		Fix:   "nfcert csr --profile sepp-tls adds it; in openssl.cnf DNS:*.sepp1.sepp.5gc...",
		Good:  "sepp1.sepp.5gc..., *.sepp1.sepp.5gc...", Bad: "sepp1.sepp.5gc... alone",
		check: func(s *Subject, r *report) {
			if !s.isSEPP() || !hasUsage(s.Contents, nf.UsageServerAuth) || len(s.places) == 0 || len(s.urns()) == 0 {
				return // without an instance id it is for N32, where nothing is telescopic
			}
			for i := range s.places {
				if s.places[i].wildcard {
					return
				}
			}
			r.hit(strings.Join(s.dnsNames(), ", "), "*.<SEPP FQDN> too", "no name is a wildcard for telescopic FQDNs")
		},
	}, {
		ID: "proxy-roles", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.3",
		most: warning, Lenience: "the two roles may be in two certificates",
		Title: "a SEPP or SCP that is not both client and server",
		Why:   "SEPPs and SCPs are authenticated towards both sides (13.3.3 to 13.3.7): they accept connections and make them.",
		Fix:   "ask for both: nfcert csr --profile sepp-tls or scp-tls; in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "extendedKeyUsage = serverAuth",
		check: func(s *Subject, r *report) {
			if !s.isSEPP() && !hasType(s.Contents, "SCP") || !hasTLSUsage(s.Contents) {
				return
			}
			if hasUsage(s.Contents, nf.UsageClientAuth) && hasUsage(s.Contents, nf.UsageServerAuth) {
				return
			}
			if _, ok := s.Profile.Field(nf.FieldExtKeyUsage); ok && len(s.Profile.ExtKeyUsages) > 1 {
				return // eku-role tells it by the profile
			}
			r.hit(usageNames(s.Contents), "clientAuth, serverAuth", "a SEPP or SCP needs clientAuth and serverAuth")
		},
	}}
}

// isSEPP reports whether the NF types name a SEPP, or a name does where there
// are no NF types.
func (s *Subject) isSEPP() bool {
	if s.NFTypes != nil {
		return hasType(s.Contents, "SEPP")
	}
	for i := range s.places {
		if s.places[i].function == "sepp" {
			return true
		}
	}
	return false
}
