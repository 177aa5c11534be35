<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\CallbackEvent;
use Driplet\CallbackHandler;
use Driplet\Internal\EventRoutes;
use Driplet\Internal\Nonces;
use Driplet\Internal\Secret;
use Driplet\Internal\SignedRequest;
use Driplet\Misuse;
use Driplet\Refusal;
use Nyholm\Psr7\Factory\Psr17Factory;
use Nyholm\Psr7\ServerRequest;
use PHPUnit\Framework\TestCase;
use Psr\Log\AbstractLogger;

/** What does not need a server; tests/Integration/CallbackTest.php has one. */
final class CallbackHandlerTest extends TestCase
{
    private const SECRET = 's3cret';

    /**
     * @dataProvider requests
     *
     * @param array<string, mixed> $event
     */
    public function testGoldenRequests(string $name, array $event, string $secret, string $key, string $uri, string $timestamp, string $nonce, string $body, string $signature): void
    {
        $headers = ['x-driplet-timestamp' => $timestamp, 'x-driplet-nonce' => $nonce, 'x-driplet-signature' => $signature];
        $keys = [(new Secret('another', 'it'))->derive('callback'), (new Secret($secret, 'it'))->derive('callback')];
        $at = (int) $timestamp;
        self::assertNull((new SignedRequest('POST', $uri, $headers, $body))->fault($keys, $at), $name);
        self::assertNull((new SignedRequest('POST', $uri, $headers, $body))->fault($keys, $at + 60));
        self::assertSame('clock_skew', (new SignedRequest('POST', $uri, $headers, $body))->fault($keys, $at + 61)[0] ?? null);
        self::assertSame('clock_skew', (new SignedRequest('POST', $uri, $headers, $body))->fault($keys, $at - 61)[0] ?? null);
        $wrong = [
            new SignedRequest('GET', $uri, $headers, $body),
            new SignedRequest('POST', $uri . '?', $headers, $body),
            new SignedRequest('POST', $uri, $headers, $body . ' '),
            new SignedRequest('POST', $uri, ['x-driplet-timestamp' => (string) ($at + 1)] + $headers, $body),
            new SignedRequest('POST', $uri, ['x-driplet-timestamp' => '0' . $timestamp] + $headers, $body),
            new SignedRequest('POST', $uri, ['x-driplet-nonce' => $nonce . 'x'] + $headers, $body),
            new SignedRequest('POST', $uri, ['x-driplet-nonce' => str_repeat('x', 129)] + $headers, $body),
            new SignedRequest('POST', $uri, ['x-driplet-signature' => substr($signature, 3)] + $headers, $body),
        ];
        foreach ($wrong as $i => $request) {
            self::assertSame('signature_mismatch', $request->fault($keys, $at)[0] ?? null, "#{$i}");
        }
        self::assertSame('signature_mismatch', (new SignedRequest('POST', $uri, $headers, $body))->fault([$keys[0]], $at)[0] ?? null);
        self::assertSame('signature_mismatch', (new SignedRequest('POST', $uri, $headers, $body))->fault([(new Secret($secret, 'it'))->derive('api')], $at)[0] ?? null);
        foreach (array_keys($headers) as $header) {
            self::assertSame('signature_missing', (new SignedRequest('POST', $uri, array_diff_key($headers, [$header => 1]), $body))->fault($keys, $at)[0] ?? null);
        }

        $read = CallbackEvent::read($body, $nonce);
        self::assertNotNull($read);
        self::assertSame(
            [$nonce, $event['endpoint'], $event['event'], $event['topic'] ?? null, $event['user'], $event['session'] ?? null, $event['claims'] ?? [], $event['data'] ?? null, (float) ($event['time'] / 1000)],
            [$read->id, $read->endpoint, $read->event, $read->topic, $read->user, $read->session, $read->claims, $read->data, $read->time],
        );
    }

    public static function requests(): iterable
    {
        return array_map(array_values(...), self::vectors()['requests']);
    }

    /** What functions return and throw is what the server takes as data and refusals. */
    public function testGoldenAnswers(): void
    {
        $compared = 0;
        foreach (self::vectors()['answers'] as $answer) {
            if ($answer['status'] !== 200 || isset($answer['fault'])) {
                continue;
            }
            $handler = (new CallbackHandler(self::SECRET))->on('*', static function () use ($answer): mixed {
                if (isset($answer['error'])) {
                    throw new Refusal($answer['error']['code'], $answer['error']['message'], $answer['error']['data'] ?? null);
                }

                return json_decode($answer['data'], true);
            });
            self::assertJsonStringEqualsJsonString($answer['body'], $this->send($handler)['body'], $answer['name']);
            ++$compared;
        }
        self::assertGreaterThan(7, $compared);
    }

    public function testAnswersInFull(): void
    {
        $handler = (new CallbackHandler(self::SECRET))->on('chat.*', static fn (CallbackEvent $e): array => ['got' => $e->data]);
        self::assertSame(['status' => 200, 'headers' => ['Content-Type' => 'application/json'], 'body' => '{"got":"ž/"}'], $this->send($handler, 'chat.send', 'ž/'));
    }

    public function testRefusesWhatNoServerSigned(): void
    {
        $handler = (new CallbackHandler(self::SECRET))->on('*', static fn () => self::fail('the function was called'));
        self::assertSame(401, $handler->respond('{}', [], '/')['status']);
        $answer = $this->send($handler, secret: 'another');
        self::assertSame(401, $answer['status']);
        self::assertStringContainsString('"code":"unauthorized"', $answer['body']);
        self::assertStringContainsString('"reason":"signature_mismatch"', $answer['body']);
        $answer = $this->send($handler, at: time() - 120);
        self::assertSame(401, $answer['status']);
        self::assertStringContainsString('"reason":"clock_skew"', $answer['body']);
        $answer = $handler->respond('', [], '/', 'GET');
        self::assertSame([405, 'POST'], [$answer['status'], $answer['headers']['Allow']]);
        $answer = $this->send($handler, body: '{"endpoint":"default"}');
        self::assertSame(400, $answer['status']);
        self::assertJson($handler->respond('x', ['X-Driplet-Signature' => 'x', 'X-Driplet-Nonce' => 'n', 'X-Driplet-Timestamp' => '1'], "/\xff")['body']);
    }

    public function testRefusesReplays(): void
    {
        $calls = 0;
        $count = static function () use (&$calls): void {
            ++$calls;
        };
        $handler = (new CallbackHandler(self::SECRET))->on('*', $count);
        self::assertSame(200, $this->send($handler, nonce: 'n1')['status']);
        $answer = $this->send($handler, nonce: 'n1');
        self::assertSame(401, $answer['status']);
        self::assertStringContainsString('"reason":"replayed"', $answer['body']);
        self::assertSame(200, $this->send($handler, nonce: 'n2')['status']);
        self::assertSame(2, $calls);
    }

    public function testReplaysByOnesOwnStore(): void
    {
        $asked = [];
        $handler = new CallbackHandler(self::SECRET, spend: static function (string $nonce, int $seconds) use (&$asked): bool {
            $asked[] = [$nonce, $seconds >= 119 && $seconds <= 121];

            return false;
        });
        self::assertSame(401, $this->send($handler->on('*', static fn () => 1), nonce: 'n', at: time() + 59)['status']);
        self::assertSame(401, $this->send($handler, nonce: 'forged', secret: 'another')['status']);
        self::assertSame([['n', true]], $asked, 'only what was signed is asked about');
    }

    public function testNoncesAreForgottenInTime(): void
    {
        $nonces = new Nonces();
        self::assertTrue($nonces->spend('n', 1060, 1000));
        self::assertFalse($nonces->spend('n', 1060, 1120));
        self::assertTrue($nonces->spend('n', 1260, 1200));
    }

    public function testPreviousSecretsAreTaken(): void
    {
        $handler = (new CallbackHandler(['new', self::SECRET]))->on('*', static fn () => 1);
        self::assertSame(200, $this->send($handler)['status']);
        self::assertSame(200, $this->send($handler, secret: 'new')['status']);
    }

    public function testAPathThatAProxyRewrote(): void
    {
        $handler = (new CallbackHandler(self::SECRET, uri: '/hook?a=1'))->on('*', static fn () => 1);
        self::assertSame(200, $this->send($handler, uri: '/hook?a=1', seenAs: '/internal/hook')['status']);
    }

    public function testFailuresGoToTheLogger(): void
    {
        $logger = new class () extends AbstractLogger {
            /** @var list<string> */
            public array $lines = [];

            public function log($level, $message, array $context = []): void
            {
                $this->lines[] = "{$level} {$message} " . ($context['exception'] ?? null)?->getMessage();
            }
        };
        $handler = (new CallbackHandler(self::SECRET, logger: $logger))
            ->on('throws', static fn () => throw new \LogicException('hunter2'))
            ->on('resource', static fn () => fopen('php://memory', 'r'))
            ->on('misnamed', static fn () => throw new Refusal('Banned!', 'x'))
            ->on('data', static fn () => throw new Refusal('chat.x', 'x', NAN));
        foreach (['throws', 'resource', 'misnamed', 'data'] as $i => $event) {
            $answer = $this->send($handler, $event);
            self::assertSame('{"error":{"code":"internal","message":"the backend failed to handle this; its log says why"}}', $answer['body']);
            self::assertStringContainsString("error Driplet: the function for the event \"{$event}\" failed: ", $logger->lines[$i]);
        }
        self::assertStringContainsString('LogicException: hunter2 in ', $logger->lines[0]);
    }

    public function testPsr(): void
    {
        $factory = new Psr17Factory();
        $handler = (new CallbackHandler(self::SECRET, $factory))->on('*', static fn (CallbackEvent $e): mixed => $e->data);
        [$body, $headers] = self::signed(self::SECRET, '/hook?a=%2F', self::body('x', [1]));
        $response = $handler->handle(new ServerRequest('POST', 'http://localhost/hook?a=%2F', $headers, $body));
        self::assertSame([200, '[1]', 'application/json'], [$response->getStatusCode(), (string) $response->getBody(), $response->getHeaderLine('content-type')]);
        $this->expectException(Misuse::class);
        (new CallbackHandler(self::SECRET))->handle(new ServerRequest('POST', '/'));
    }

    public function testTheMostSpecificPatternWins(): void
    {
        $routes = new EventRoutes();
        foreach (['*', 'chat.*', 'chat.send', 'mod_*_quiz*', '9', 'a*b*a'] as $pattern) {
            $routes->add($pattern, static fn (): string => $pattern);
        }
        $cases = [
            'chat.send' => 'chat.send', 'chat.sends' => 'chat.*', 'chat.' => 'chat.*', 'chat' => '*', 'mod_a_quiz' => 'mod_*_quiz*', 'mod_quiz' => '*',
            'mod__quiz.x' => 'mod_*_quiz*', '9' => '9', '99' => '*', 'aba' => 'a*b*a', 'aa' => '*', 'axbxxa' => 'a*b*a', 'ab' => '*', "chat.\n" => 'chat.*',
        ];
        foreach ($cases as $event => $pattern) {
            $found = $routes->find((string) $event);
            self::assertSame($pattern, $found === null ? null : $found(), (string) $event);
        }
        self::assertNull((new EventRoutes())->find('x'));
    }

    /** @dataProvider misuses */
    public function testMisuse(\Closure $do, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        $do();
    }

    public static function misuses(): iterable
    {
        yield 'no secret' => [static fn () => new CallbackHandler([]), 'the API secret is missing'];
        yield 'empty secret' => [static fn () => new CallbackHandler(['a', '']), 'the API secret is empty'];
        yield 'twice' => [static fn () => (new CallbackHandler('s'))->on('a*', 'time')->on('a*b', 'time'), '"a*b" and "a*" are equally specific'];
        yield 'claim' => [static fn () => (new CallbackHandler('s'))->on('user.{uid}', 'time'), 'belong in the server\'s configuration'];
        yield 'no name' => [static fn () => (new CallbackHandler('s'))->on('', 'time'), 'must be a name'];
        yield 'code' => [static fn () => new Refusal('banned', 'x'), 'neither one of Driplet\'s nor your own'];
        yield 'line' => [static fn () => new Refusal("chat.banned\n", 'x'), 'neither one of Driplet\'s nor your own'];
        yield 'no text' => [static fn () => new Refusal('forbidden', ''), 'needs a text'];
    }

    public function testARefusalTellsItsCode(): void
    {
        $refusal = new Refusal('forbidden', 'not here', ['a' => 1]);
        self::assertSame(['forbidden', 'not here', ['a' => 1], 0], [$refusal->code, $refusal->getMessage(), $refusal->data, $refusal->getCode()]);
        self::assertTrue(isset($refusal->code));
    }

    /** @return array{status: int, headers: array<string, string>, body: string} */
    private function send(CallbackHandler $handler, string $event = 'x', mixed $data = null, string $secret = self::SECRET, ?int $at = null, ?string $nonce = null, ?string $body = null, string $uri = '/hook', ?string $seenAs = null): array
    {
        [$body, $headers] = self::signed($secret, $uri, $body ?? self::body($event, $data), $at, $nonce);

        return $handler->respond($body, $headers, $seenAs ?? $uri);
    }

    private static function body(string $event, mixed $data): string
    {
        return json_encode(['endpoint' => 'default', 'event' => $event, 'user' => '7', 'session' => 's', 'claims' => (object) [], 'data' => $data, 'time' => 1700000000123], JSON_THROW_ON_ERROR);
    }

    /** @return array{string, array<string, string>} */
    private static function signed(string $secret, string $uri, string $body, ?int $at = null, ?string $nonce = null): array
    {
        $at ??= time();
        $nonce ??= bin2hex(random_bytes(8));
        $text = "v2\nPOST\n{$uri}\n{$at}\n{$nonce}\n" . hash('sha256', $body);
        $signature = hash_hmac('sha256', $text, hash_hkdf('sha256', $secret, 32, 'driplet/callback'));

        return [$body, ['X-DRIPLET-Timestamp' => (string) $at, 'x-driplet-nonce' => $nonce, 'X-Driplet-Signature' => "v2={$signature}"]];
    }

    /** @return array{requests: list<array<string, mixed>>, answers: list<array<string, mixed>>} */
    private static function vectors(): array
    {
        $file = dirname(__DIR__, 4) . '/core/callback/testdata/callbacks.json';

        return json_decode((string) file_get_contents($file), true, 32, JSON_THROW_ON_ERROR);
    }
}
