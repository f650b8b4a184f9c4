package lint

import (
	"slices"

	"github.com/nfcert/nfcert/internal/lint"
)

// sameFault maps lints of zlint to those of our rules that report the same fault of
// a certificate. For e_ext_authority_key_identifier_no_key_identifier, no extension
// and no key identifier in it are one fault.
func sameFault() map[string][]string {
	return map[string][]string{
		"e_basic_constraints_not_critical":                 {"issuer-constraints-critical"},
		"e_cert_extensions_version_not_3":                  {"version-v3"},
		"e_cert_sig_alg_not_match_tbs_sig_alg":             {"signature-algorithms-differ"},
		"e_ext_aia_marked_critical":                        {"aia-critical"},
		"e_ext_authority_key_identifier_critical":          {"aki-critical"},
		"e_ext_authority_key_identifier_no_key_identifier": {"aki-key-id", "aki-missing"},
		"e_ext_duplicate_extension":                        {"extension-duplicate"},
		"e_ext_key_usage_cert_sign_without_ca":             {"issuer-is-ca"},
		"e_ext_subject_key_identifier_critical":            {"ski-critical"},
		"e_ext_subject_key_identifier_missing_ca":          {"issuer-ski-missing"},
		"e_serial_number_longer_than_20_octets":            {"serial-length"},
		"e_serial_number_not_positive":                     {"serial-positive"},
		"e_validity_time_not_positive":                     {"validity-order"},
		"w_distribution_point_missing_ldap_or_uri":         {"crl-scheme"},
		"w_ext_aia_access_location_missing":                {"aia-scheme"},
		"w_ext_crl_distribution_marked_critical":           {"crl-critical"},
		"w_ext_key_usage_not_critical":                     {"issuer-key-usage-critical"},
	}
}

// notReported returns the findings of zlint without those whose fault one of our own
// findings reports, with the same severity or a worse one.
func notReported(own, zlints []lint.Finding) []lint.Finding {
	same := sameFault()
	return slices.DeleteFunc(zlints, func(z lint.Finding) bool {
		return slices.ContainsFunc(own, func(f lint.Finding) bool {
			return slices.Contains(same[z.Rule], f.Rule) && rank(f.Severity) <= rank(z.Severity)
		})
	})
}
