<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Internal\Secret;
use Driplet\Misuse;
use Driplet\PluginRequests;
use Driplet\Refusal;
use PHPUnit\Framework\TestCase;

/** What does not need a server; tests/Integration/PluginTest.php has one. */
final class PluginRequestsTest extends TestCase
{
    private const SECRET = 's3cret';

    public function testASignedRequestIsTakenOnce(): void
    {
        $requests = new PluginRequests(['another', self::SECRET]);
        $headers = self::signed('nonce-1', time(), 'GET', '/hook?a=%20b', '');
        $requests->verify('', $headers, '/hook?a=%20b', 'GET');
        self::assertRefused('replayed', static fn () => $requests->verify('', $headers, '/hook?a=%20b', 'GET'));
    }

    public function testNothingElseIs(): void
    {
        $requests = new PluginRequests(self::SECRET);
        $headers = self::signed('nonce-2', time());
        foreach ([['{} ', '/hook', 'POST'], ['{}', '/hook?', 'POST'], ['{}', '/hook', 'PUT']] as [$body, $uri, $method]) {
            self::assertRefused('signature_mismatch', static fn () => $requests->verify($body, $headers, $uri, $method));
        }
        self::assertRefused('signature_missing', static fn () => $requests->verify('{}', [], '/hook', 'POST'));
        self::assertRefused('signature_mismatch', static fn () => (new PluginRequests('another'))->verify('{}', $headers, '/hook', 'POST'));
        self::assertRefused('clock_skew', static fn () => $requests->verify('{}', self::signed('nonce-3', time() - 90), '/hook', 'POST'));
        // A callback's signature serves for nothing else.
        self::assertRefused('signature_mismatch', static fn () => $requests->verify('{}', self::signed('nonce-4', time(), purpose: 'callback'), '/hook', 'POST'));
        $requests->verify('{}', $headers, '/hook', 'POST');
    }

    public function testAStoreOfOnesOwnAndAPathOfOnesOwn(): void
    {
        $spent = [];
        $requests = new PluginRequests(self::SECRET, static function (string $nonce, int $seconds) use (&$spent): bool {
            $spent[$nonce] = $seconds;

            return count($spent) === 1;
        }, '/hook');
        $requests->verify('{}', self::signed('nonce-5', time()), '/rewritten', 'POST');
        self::assertRefused('replayed', static fn () => $requests->verify('{}', self::signed('nonce-6', time()), '/rewritten', 'POST'));
        self::assertSame(['nonce-5', 'nonce-6'], array_keys($spent));
        self::assertGreaterThanOrEqual(60, min($spent));
        $this->expectException(Misuse::class);
        new PluginRequests([]);
    }

    /** @return array<string, string|list<string>> */
    private static function signed(string $nonce, int $at, string $method = 'POST', string $uri = '/hook', string $body = '{}', string $purpose = 'plugin'): array
    {
        $text = implode("\n", ['v2', $method, $uri, $at, $nonce, hash('sha256', $body)]);

        return [
            'X-DRIPLET-Timestamp' => (string) $at, 'X-Driplet-Nonce' => [$nonce], 'X-Driplet-Key' => 'k',
            'x-driplet-signature' => 'v2=' . bin2hex((new Secret(self::SECRET, 'it'))->derive($purpose)->sign($text)),
        ];
    }

    private static function assertRefused(string $reason, callable $verify): void
    {
        try {
            $verify();
        } catch (Refusal $refusal) {
            self::assertSame(['unauthorized', ['reason' => $reason]], [$refusal->code, $refusal->data]);

            return;
        }
        self::fail("not refused as {$reason}");
    }
}
