package report

// Code is a word for scripts that says what happened. docs/exit-codes.md explains
// each; they are added, never renamed.
type Code string

// The code words.
const (
	CodeInternal Code = "internal"

	CodeUsage        Code = "usage"
	CodeInvalidInput Code = "invalid-input"
	CodeOutput       Code = "output"
	CodeExists       Code = "exists"

	CodePassphrase        Code = "passphrase"
	CodeWrongPassphrase   Code = "wrong-passphrase"
	CodeClientCertificate Code = "client-certificate"
	CodeForeignKey        Code = "foreign-key"
	CodeNoKey             Code = "no-key"
	CodeNoPKCS11          Code = "no-pkcs11"
	CodePKCS11            Code = "token" // of a PKCS#11 token

	CodeListen      Code = "listen"
	CodePlacing     Code = "placing"
	CodeNoChallenge Code = "no-challenge"

	CodeEABCommand  Code = "eab-cmd"
	CodeEABRequired Code = "eab-required"
	CodeTerms       Code = "terms"

	CodeNamesDiffer Code = "names-differ"
	CodeNoSuchChain Code = "no-such-chain"
	CodeRevokeKey   Code = "revoke-key"
	CodeKeyReuse    Code = "key-reuse"

	CodePending     Code = "pending"
	CodeInterrupted Code = "interrupted"

	CodeRefused       Code = "acme-refused"
	CodeProtocol      Code = "protocol"
	CodeAuthorization Code = "authorization"

	CodeUnreachable   Code = "unreachable"
	CodeProxy         Code = "proxy"
	CodeHandshake     Code = "handshake"
	CodeUntrusted     Code = "untrusted"
	CodePinMismatch   Code = "pin-mismatch"
	CodeWeakTLS       Code = "weak-tls"
	CodeClientRefused Code = "client-certificate-refused"

	CodeState              Code = "state"
	CodeLocked             Code = "locked"
	CodeDamaged            Code = "damaged"
	CodeNewerVersion       Code = "newer-version"
	CodeKey                Code = "key"
	CodeAccess             Code = "access"
	CodeOutOfTurn          Code = "out-of-turn"
	CodeConflict           Code = "conflict"
	CodeAccountDeactivated Code = "account-deactivated"
	CodeAccountRevoked     Code = "account-revoked"
	CodeAccountForgotten   Code = "account-forgotten"

	CodeCertificate   Code = "certificate"
	CodeBreaksProfile Code = "breaks-profile"
	CodeHook          Code = "hook"
	CodeSomeFailed    Code = "some-failed"

	CodeNoTokenSource             Code = "no-token-source"
	CodeTKAuthType                Code = "tkauth-type"
	CodeTokenRefused              Code = "token-refused"
	CodeTokenUnfit                Code = "token-unfit"
	CodeTokenMalformed            Code = "token-malformed"
	CodeTokenSource               Code = "token-source"
	CodeTokenAuthorityURL         Code = "token-authority-url"
	CodeTokenAuthorityProtocol    Code = "token-authority-protocol"
	CodeTokenAuthorityUnreachable Code = "token-authority-unreachable"
	CodeTokenAuthorityUntrusted   Code = "token-authority-untrusted"
)
