package demo

import "fmt"

func (p *Pages) secret() string { return p.endpoint.APIKeys[0].Secret }

func (p *Pages) api(base string) string { return base + "/api/" + p.endpoint.Name }

// Curl is a command for a POSIX shell that makes an announcement pop up in the
// demo's pages: what any backend does, in any language. base is the server's
// address, such as http://localhost:4719.
func (p *Pages) Curl(base string) string {
	return fmt.Sprintf(`body='{"topic":"%s","message":{"text":"Hello from curl"},"nonce":"'$(openssl rand -hex 16)'","timestamp":'$(date +%%s)'}'; `+
		`curl %s/message -d "$body" -H "X-Driplet-Signature: $(printf %%s "$body" | openssl dgst -sha256 -hmac '%s' -r | cut -d' ' -f1)"`,
		News, p.api(base), p.secret())
}

// Publish does the same with driplet itself.
func (p *Pages) Publish(base string) string {
	return fmt.Sprintf(`%s publish -url %s -secret '%s' -topic %s '{"text":"Hello from the command line"}'`, p.program, p.api(base), p.secret(), News)
}
