<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Client\DripletClient;
use Driplet\Exception\DripletException;
use Driplet\Http\GuzzleHttpClient;
use Driplet\Http\HttpClientInterface;
use Driplet\Message\MessageBuilder;
use Driplet\Tests\Support\FakeServer;
use Driplet\Token\JwtManager;
use Driplet\Token\TokenManagerInterface;
use PHPUnit\Framework\TestCase;

/** The old library's classes, as code in the field uses them. */
final class OldNamesTest extends TestCase
{
    public function testBuildsWhatTheOldOneBuilt(): void
    {
        $built = MessageBuilder::create()
            ->setMessage(['event' => 'update'])
            ->setTopic('system')
            ->include()
                ->setTarget('roles', ['admin'])
                ->setTarget('departments', 'IT')
            ->exclude()
                ->setTarget('users', [123, 456])
                ->setTarget('users', [456, 789])
            ->build();
        self::assertSame(['nonce', 'timestamp', 'message', 'target', 'topic'], array_keys($built));
        self::assertSame(['event' => 'update'], $built['message']);
        self::assertSame(['include' => ['roles' => ['admin'], 'departments' => ['IT']], 'exclude' => ['users' => [123, 456, 789]]], $built['target']);
        self::assertSame([], MessageBuilder::create()->setMessage([])->setTopic('t')->build()['target']);
    }

    public function testTakesTargetsAtOnceAsWell(): void
    {
        $built = MessageBuilder::create()->setMessage(['a' => 1])->setTopic('t')
            ->include(['roles' => ['administrator']])->setTarget('roles', 'editor')->exclude(['uid' => 5])->build();
        self::assertSame(['include' => ['roles' => ['administrator', 'editor']], 'exclude' => ['uid' => [5]]], $built['target']);
    }

    /** @dataProvider slips */
    public function testASlipThrows(\Closure $make, string $why): void
    {
        $this->expectException(DripletException::class);
        $this->expectExceptionMessage($why);
        $make();
    }

    public static function slips(): iterable
    {
        $new = static fn (): MessageBuilder => MessageBuilder::create()->setMessage(['a' => 1])->setTopic('t');
        yield 'target without a side' => [fn () => $new()->setTarget('roles', ['admin']), "setTarget('roles', …) came before include() or exclude()"];
        yield 'values without a claim' => [fn () => $new()->include(['admin']), 'include() takes values by the claim\'s name'];
        yield 'object for a value' => [fn () => $new()->include()->setTarget('uid', (object) []), "the value of 'uid' holds stdClass"];
        yield 'no message' => [fn () => MessageBuilder::create()->setTopic('t')->build(), 'the message is missing'];
        yield 'no topic' => [fn () => MessageBuilder::create()->setMessage([])->build(), 'the topic is missing'];
        yield 'no endpoint' => [fn () => new DripletClient('', 's'), "the Driplet URL '' is empty"];
        yield 'no secret' => [fn () => new DripletClient('http://h/api/default/message', ''), 'the API secret is empty'];
        yield 'no JWT secret' => [fn () => new JwtManager(''), 'the JWT secret is empty'];
    }

    public function testSignsTheBytesItSends(): void
    {
        $server = new FakeServer(['do' => 'drop'], FakeServer::answer(200, ''));
        $client = new DripletClient("{$server->url}/message", 's3cret');
        self::assertTrue($client->sendMessage($client->createMessage()->setMessage(['ž' => 'a/b'])->setTopic('t')));
        [$one, $two] = [$server->request(), $server->request()];
        self::assertStringStartsWith('POST /api/default/message HTTP', $two->head);
        self::assertTrue($two->signedWith('s3cret'));
        self::assertSame($one->json()['id'], $two->json()['id']);
        self::assertNotSame($one->json()['nonce'], $two->json()['nonce']);
    }

    public function testRefusalsAreTheOldException(): void
    {
        $server = new FakeServer(FakeServer::answer(401, "Invalid signature\n"));
        $client = new DripletClient($server->url, 'wrong');
        try {
            $client->sendMessage($client->createMessage()->setMessage(['a' => 1])->setTopic('t'));
            self::fail('it was taken');
        } catch (DripletException $e) {
            // As callers wrap it: getCode() must be an int.
            self::assertSame(401, (new \RuntimeException($e->getMessage(), $e->getCode(), $e))->getCode());
        }
    }

    public function testTakesAnHttpClientOfOnesOwn(): void
    {
        $http = new class implements HttpClientInterface {
            public bool $answer = true;

            /** @var array<string, mixed> */
            public array $seen = [];

            public function post(string $url, array $options = []): bool
            {
                $this->seen = ['url' => $url] + $options;

                return $this->answer;
            }
        };
        $client = new DripletClient('http://h/api/default/message', 's3cret', $http);
        $message = $client->createMessage()->setMessage([])->setTopic('t');
        self::assertTrue($client->sendMessage($message));
        self::assertSame('http://h/api/default/message', $http->seen['url']);
        self::assertSame(hash_hmac('sha256', $http->seen['body'], 's3cret'), $http->seen['headers']['X-Driplet-Signature']);
        $http->answer = false;
        self::assertFalse($client->sendMessage($message));
    }

    public function testTheGuzzleClientSendsTheSignedBytes(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ''), FakeServer::answer(503, ''));
        $client = new DripletClient($server->url, 's3cret', new GuzzleHttpClient());
        $message = $client->createMessage()->setMessage(['ž' => 5.0])->setTopic('t');
        self::assertTrue($client->sendMessage($message));
        self::assertTrue($server->request()->signedWith('s3cret'));
        $this->expectException(DripletException::class);
        $this->expectExceptionCode(503);
        $client->sendMessage($message);
    }

    public function testMakesTokens(): void
    {
        $manager = new JwtManager('s3cret');
        self::assertInstanceOf(TokenManagerInterface::class, $manager);
        [, $payload] = explode('.', $manager->generateToken(['uid' => 123, 'roles' => ['user']]));
        $claims = json_decode((string) base64_decode(strtr($payload, '-_', '+/'), true), true, 16, JSON_THROW_ON_ERROR);
        self::assertSame(['uid' => 123, 'roles' => ['user']], $claims['custom']);
        self::assertSame(60, $claims['exp'] - $claims['iat']);
    }
}
