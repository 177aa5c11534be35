<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Internal\Secret;
use Driplet\Misuse;
use Driplet\Proof;
use PHPUnit\Framework\TestCase;

/** The vectors that the server's and every SDK's tests share. */
final class GoldenTest extends TestCase
{
    /** @dataProvider keys */
    public function testKeys(string $secret, string $purpose, string $key): void
    {
        $derived = (new Secret($secret, 'it'))->derive($purpose);
        self::assertSame(hash_hmac('sha256', 'text', (string) hex2bin($key)), bin2hex($derived->sign('text')));
    }

    /** @dataProvider bodies */
    public function testBodies(string $secret, string $body, string $signature): void
    {
        self::assertSame($signature, bin2hex((new Secret($secret, 'it'))->sign($body)));
    }

    /** @dataProvider proofs */
    public function testProofs(string $secret, string $endpoint, string $user, string $topic, int $expires, string $proof): void
    {
        self::assertSame($proof, Proof::until(new Secret($secret, 'it'), $endpoint, $user, $topic, $expires));
    }

    public function testProofLastsAsLongAsAsked(): void
    {
        $before = time();
        $proof = Proof::make('s3cret', 'Default', '7', 'private-orders.7', 600);
        [$expires] = explode('.', $proof);
        self::assertGreaterThanOrEqual($before + 600, (int) $expires);
        self::assertLessThanOrEqual(time() + 600, (int) $expires);
        self::assertSame($proof, Proof::until(new Secret('s3cret', 'it'), 'default', '7', 'private-orders.7', (int) $expires));
    }

    /** @dataProvider wrongProofs */
    public function testProofRefuses(array $arguments, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        Proof::make(...$arguments);
    }

    public static function wrongProofs(): iterable
    {
        yield 'over a day' => [['s', 'default', '7', 't', 86401], 'must be 1 to 86400 seconds'];
        yield 'expired at birth' => [['s', 'default', '7', 't', 0], 'must be 1 to 86400 seconds'];
        yield 'two lines' => [['s', 'default', "7\nprivate-a", 't'], 'line breaks'];
        yield 'no secret' => [['', 'default', '7', 't'], 'the API secret is empty'];
    }

    public static function keys(): array
    {
        return self::vectors('keys');
    }

    public static function bodies(): array
    {
        return self::vectors('bodies');
    }

    public static function proofs(): array
    {
        return self::vectors('proofs');
    }

    /** @return list<array<string, mixed>> */
    private static function vectors(string $list): array
    {
        $file = dirname(__DIR__, 4) . '/core/auth/testdata/signatures.json';

        return json_decode((string) file_get_contents($file), true, 16, JSON_THROW_ON_ERROR)[$list];
    }
}
