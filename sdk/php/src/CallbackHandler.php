<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Internal\Environment;
use Driplet\Internal\EventRoutes;
use Driplet\Internal\Json;
use Driplet\Internal\Verifier;
use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Log\LoggerInterface;

/**
 * Answers events of browsers that the server hands to this backend (Callbacks
 * in its configuration): verifies who asks, calls the function for the event,
 * and answers with what it returns, or with the Refusal that it throws.
 *
 * Three ways in: handle() with PSR-7, handleGlobals() in a plain PHP page, and
 * respond() for everything else.
 */
final class CallbackHandler
{
    /** The server takes no longer answers. */
    private const MAX_ANSWER_BYTES = 65536;

    private readonly Verifier $verifier;
    private readonly EventRoutes $routes;

    /**
     * @param string|list<string>          $apiSecret the endpoint's; while it is replaced, the new one and the old one
     * @param ?ResponseFactoryInterface    $responses PSR-17, needed for handle()
     * @param ?callable(string, int): bool $spend     told of each request's nonce and for how many seconds to remember it; false refuses a repeat. Null: APCu where it is, else this object's memory
     * @param ?LoggerInterface             $logger    null: error_log()
     * @param ?string                      $uri       path and query of the URL in the server's configuration, where a proxy rewrites them on the way here
     */
    public function __construct(
        #[\SensitiveParameter] string|array $apiSecret,
        private readonly ?ResponseFactoryInterface $responses = null,
        ?callable $spend = null,
        private readonly ?LoggerInterface $logger = null,
        ?string $uri = null,
    ) {
        $this->verifier = new Verifier($apiSecret, 'callback', $spend, $uri);
        $this->routes = new EventRoutes();
    }

    /** With DRIPLET_API_SECRET. */
    public static function fromEnv(?ResponseFactoryInterface $responses = null): self
    {
        return new self(Environment::get('DRIPLET_API_SECRET'), $responses);
    }

    /**
     * Calls $fn for events of this name, or of a pattern such as "chat.*". The
     * longest text before the first * wins.
     *
     * @param callable(CallbackEvent): mixed $fn what it returns is the browser's answer
     */
    public function on(string $event, callable $fn): static
    {
        $this->routes->add($event, $fn(...));

        return $this;
    }

    /** For PSR-7 frameworks. */
    public function handle(ServerRequestInterface $request): ResponseInterface
    {
        if ($this->responses === null) {
            throw new Misuse('handle() needs a PSR-17 response factory: give CallbackHandler one, or use handleGlobals()');
        }
        $uri = $request->getServerParams()['REQUEST_URI'] ?? null; // frameworks cut the target
        $answer = $this->respond((string) $request->getBody(), $request->getHeaders(), is_string($uri) ? $uri : $request->getRequestTarget(), $request->getMethod());
        $response = $this->responses->createResponse($answer['status']);
        foreach ($answer['headers'] as $name => $value) {
            $response = $response->withHeader($name, $value);
        }
        $response->getBody()->write($answer['body']);

        return $response;
    }

    /** For a page of its own: reads PHP's globals, writes the answer. What functions print goes to the log. */
    public function handleGlobals(): void
    {
        $level = ob_get_level();
        ob_start();
        $answer = $this->respond((string) file_get_contents('php://input'), Verifier::headersOfGlobals(), (string) ($_SERVER['REQUEST_URI'] ?? ''), (string) ($_SERVER['REQUEST_METHOD'] ?? ''));
        $printed = '';
        while (ob_get_level() > $level) {
            $printed = ob_get_clean() . $printed;
        }
        if ($printed !== '') {
            $this->log('a function printed into its answer, where nobody sees it: ' . substr($printed, 0, 500));
        }
        if (headers_sent($file, $line)) {
            $this->log('the answer had begun' . ($file === '' ? '' : " at {$file}:{$line}") . ' before handleGlobals(): nothing may be printed there, no blank line or byte order mark either');
            echo $answer['body'];

            return;
        }
        http_response_code($answer['status']);
        foreach ($answer['headers'] as $name => $value) {
            header("{$name}: {$value}");
        }
        echo $answer['body'];
    }

    /**
     * For everything else.
     *
     * @param string                             $body    its bytes as they came
     * @param array<string, string|list<string>> $headers by name, in any letter case
     * @param string                             $uri     path and query exactly as in the request line
     *
     * @return array{status: int, headers: array<string, string>, body: string}
     */
    public function respond(string $body, array $headers, string $uri, string $method = 'POST'): array
    {
        if ($method !== 'POST') {
            return $this->error(405, ['code' => 'bad_request', 'message' => 'a Driplet server sends POST'], ['Allow' => 'POST']);
        }
        $request = $this->verifier->read($method, $uri, $headers, $body);
        $fault = $this->verifier->fault($request);
        if ($fault !== null) {
            return $this->error(401, ['code' => 'unauthorized', 'message' => $fault[1], 'reason' => $fault[0]]);
        }
        $event = CallbackEvent::read($body, $request->nonce());
        if ($event === null) {
            return $this->error(400, ['code' => 'bad_request', 'message' => 'the body is not an event of a Driplet server']);
        }

        return $this->answer($event);
    }

    /** @return array{status: int, headers: array<string, string>, body: string} */
    private function answer(CallbackEvent $event): array
    {
        $function = $this->routes->find($event->event);
        if ($function === null) {
            return $this->error(200, ['code' => 'no_handler', 'message' => "no function here handles the event \"{$event->event}\""]);
        }
        try {
            try {
                $body = Json::encode($function($event), 'the answer');
            } catch (Refusal $refusal) {
                $body = Json::encode(['error' => $refusal->error()], 'the refusal');
            }
            if (strlen($body) > self::MAX_ANSWER_BYTES) {
                throw new Misuse('the answer has ' . strlen($body) . ' bytes, the limit is ' . self::MAX_ANSWER_BYTES . ': publish what is larger, or let the browser fetch it');
            }
        } catch (\Throwable $e) {
            $this->log("the function for the event \"{$event->event}\" failed: " . $e::class . ": {$e->getMessage()} in {$e->getFile()}:{$e->getLine()}", $e);

            return $this->error(200, ['code' => 'internal', 'message' => 'the backend failed to handle this; its log says why']);
        }

        return self::json(200, $body);
    }

    /**
     * @param array<string, mixed>  $error
     * @param array<string, string> $headers
     *
     * @return array{status: int, headers: array<string, string>, body: string}
     */
    private function error(int $status, array $error, array $headers = []): array
    {
        // Names of events and paths come from outside: whatever they hold, this must be JSON.
        $body = json_encode(['error' => $error], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);

        return self::json($status, $body, $headers);
    }

    /**
     * @param array<string, string> $headers
     *
     * @return array{status: int, headers: array<string, string>, body: string}
     */
    private static function json(int $status, string $body, array $headers = []): array
    {
        return ['status' => $status, 'headers' => ['Content-Type' => 'application/json'] + $headers, 'body' => $body];
    }

    private function log(string $text, ?\Throwable $e = null): void
    {
        try {
            $this->logger === null ? error_log("Driplet: {$text}") : $this->logger->error("Driplet: {$text}", $e === null ? [] : ['exception' => $e]);
        } catch (\Throwable) {
            error_log("Driplet: {$text}");
        }
    }
}
