<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Internal\Environment;
use Driplet\Internal\Verifier;

/**
 * Tells requests that a plugin of your server sent signed (http.fetch with
 * `signed`) from everybody else's. Which plugin it was the request itself says;
 * the signature says that the server sent it, and to this URL.
 */
final class PluginRequests
{
    private readonly Verifier $verifier;

    /**
     * @param string|list<string>          $apiSecret the endpoint's; while it is replaced, the new one and the old one
     * @param ?callable(string, int): bool $spend     told of each request's nonce and for how many seconds to remember it; false refuses a repeat. Null: APCu where it is, else this object's memory
     * @param ?string                      $uri       path and query as the plugin asked for them, where a proxy rewrites them on the way here
     */
    public function __construct(#[\SensitiveParameter] string|array $apiSecret, ?callable $spend = null, ?string $uri = null)
    {
        $this->verifier = new Verifier($apiSecret, 'plugin', $spend, $uri);
    }

    /** With DRIPLET_API_SECRET. */
    public static function fromEnv(): self
    {
        return new self(Environment::get('DRIPLET_API_SECRET'));
    }

    /**
     * The body of the request that PHP's globals hold, verified.
     *
     * @throws Refusal unauthorized: answer 401
     */
    public function body(): string
    {
        $body = (string) file_get_contents('php://input');
        $this->verify($body, Verifier::headersOfGlobals(), (string) ($_SERVER['REQUEST_URI'] ?? ''), (string) ($_SERVER['REQUEST_METHOD'] ?? ''));

        return $body;
    }

    /**
     * The same for a framework.
     *
     * @param string                             $body    its bytes as they came
     * @param array<string, string|list<string>> $headers by name, in any letter case
     * @param string                             $uri     path and query exactly as in the request line
     *
     * @throws Refusal unauthorized, its data {"reason"}: answer 401
     */
    public function verify(string $body, array $headers, string $uri, string $method): void
    {
        $fault = $this->verifier->fault($this->verifier->read($method, $uri, $headers, $body));
        if ($fault !== null) {
            throw new Refusal('unauthorized', $fault[1], ['reason' => $fault[0]]);
        }
    }
}
