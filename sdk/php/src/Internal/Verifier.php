<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Misuse;

/**
 * Checks requests that the server signed with keys of one purpose, each once.
 */
final class Verifier
{
    /** @var list<Secret> */
    private readonly array $keys;
    private readonly \Closure $spend;

    /**
     * @param string|list<string>          $apiSecret the endpoint's; while it is replaced, the new one and the old one
     * @param ?callable(string, int): bool $spend     told of each request's nonce and for how many seconds to remember it; false refuses a repeat. Null: APCu where it is, else this object's memory
     * @param ?string                      $uri       path and query as the server sent them, where a proxy rewrites them on the way here
     */
    public function __construct(
        #[\SensitiveParameter] string|array $apiSecret,
        string $purpose,
        ?callable $spend,
        private readonly ?string $uri,
    ) {
        $keys = [];
        foreach ((array) $apiSecret as $secret) { // no array_map(): it would stand in stack traces with them
            $keys[] = (new Secret($secret, 'the API secret'))->derive($purpose);
        }
        if ($keys === []) {
            throw Misuse::setting('the API secret', 'is missing');
        }
        $this->keys = $keys;
        $nonces = new Nonces();
        $this->spend = $spend === null
            ? static fn (string $nonce, int $seconds): bool => $nonces->spend($nonce, time() + $seconds, time())
            : $spend(...);
    }

    /**
     * @param array<string, string|list<string>> $headers by name, in any letter case
     * @param string                             $uri     path and query exactly as in the request line
     */
    public function read(string $method, string $uri, array $headers, string $body): SignedRequest
    {
        $lower = [];
        foreach ($headers as $name => $value) {
            $lower[strtolower((string) $name)] = is_array($value) ? implode(', ', $value) : $value;
        }

        return new SignedRequest($method, $this->uri ?? $uri, $lower, $body);
    }

    /** @return ?array{string, string} why the request is not to be believed, reason and text; null: it is, now and never again */
    public function fault(SignedRequest $request): ?array
    {
        $fault = $request->fault($this->keys, time());
        if ($fault === null && !($this->spend)($request->nonce(), max(1, $request->timestamp() + SignedRequest::WINDOW + 1 - time()))) {
            $fault = ['replayed', 'a request with this nonce was here already'];
        }

        return $fault;
    }

    /** @return array<string, string> the headers that PHP's globals hold */
    public static function headersOfGlobals(): array
    {
        $headers = [];
        foreach ($_SERVER as $name => $value) {
            if (is_string($name) && is_string($value) && str_starts_with($name, 'HTTP_')) {
                $headers[strtr(substr($name, 5), '_', '-')] = $value;
            }
        }

        return $headers;
    }
}
