<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Misuse;
use Driplet\TokenIssuer;
use PHPUnit\Framework\TestCase;

final class TokenIssuerTest extends TestCase
{
    public function testIssuesASignedToken(): void
    {
        $before = time();
        $token = (new TokenIssuer('s3cret', 60, 'key-2'))->issue(['uid' => 5, 'roles' => ['editor']], ['user.5'], [3 => 'chat.*']);
        [$header, $payload, $signature] = explode('.', $token);
        self::assertSame('{"alg":"HS256","typ":"JWT","kid":"key-2"}', self::decode($header));
        self::assertSame(hash_hmac('sha256', "{$header}.{$payload}", 's3cret', true), self::decode($signature));
        $claims = json_decode(self::decode($payload), true, 16, JSON_THROW_ON_ERROR);
        self::assertSame(['uid' => 5, 'roles' => ['editor']], $claims['custom']);
        self::assertSame(['user.5'], $claims['topics']);
        self::assertSame(['chat.*'], $claims['publish']);
        self::assertSame(60, $claims['exp'] - $claims['iat']);
        self::assertGreaterThanOrEqual($before, $claims['iat']);
        self::assertLessThanOrEqual(time(), $claims['iat']);
    }

    public function testLeavesOutWhatWasNotAsked(): void
    {
        [$header, $payload] = explode('.', (new TokenIssuer('s3cret'))->issue([]));
        self::assertSame('{"alg":"HS256","typ":"JWT"}', self::decode($header));
        self::assertMatchesRegularExpression('/^\{"iat":\d+,"exp":\d+,"custom":\{\}\}$/', self::decode($payload));
    }

    public function testIsUrlSafe(): void
    {
        $token = (new TokenIssuer('s3cret'))->issue(['name' => '~~~???>>>ýýý']);
        self::assertMatchesRegularExpression('/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/', $token);
    }

    public function testAnswersTheBrowser(): void
    {
        $answer = (new TokenIssuer('s3cret'))->response('T');
        self::assertSame(['status' => 'success', 'message' => 'JWT token generated', 'token' => 'T'], $answer);
    }

    public function testReadsTheEnvironment(): void
    {
        $_ENV['DRIPLET_JWT_SECRET'] = 'from-env';
        try {
            [$header, $payload, $signature] = explode('.', TokenIssuer::fromEnv(5)->issue([]));
            self::assertSame(hash_hmac('sha256', "{$header}.{$payload}", 'from-env', true), self::decode($signature));
        } finally {
            unset($_ENV['DRIPLET_JWT_SECRET']);
        }
        $this->expectExceptionMessage('the environment variable DRIPLET_JWT_SECRET is not set');
        TokenIssuer::fromEnv();
    }

    /** @dataProvider wrong */
    public function testRefuses(\Closure $make, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        $make();
    }

    public static function wrong(): iterable
    {
        yield 'no secret' => [fn () => new TokenIssuer(''), 'the JWT secret is empty'];
        yield 'expired at birth' => [fn () => new TokenIssuer('s', 0), 'ttl must be at least 1 second'];
        yield 'claims without names' => [fn () => (new TokenIssuer('s'))->issue(['editor']), 'claims need names'];
        yield 'claims not UTF-8' => [fn () => (new TokenIssuer('s'))->issue(['name' => "\xff"]), 'the claims cannot be written as JSON'];
        yield 'topics not texts' => [fn () => (new TokenIssuer('s'))->issue([], [5]), 'topics takes a list of topic patterns'];
        yield 'empty pattern' => [fn () => (new TokenIssuer('s'))->issue([], [], ['']), 'publish takes a list of topic patterns'];
    }

    private static function decode(string $part): string
    {
        return (string) base64_decode(strtr($part, '-_', '+/'), true);
    }
}
