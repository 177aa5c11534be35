<?php

declare(strict_types=1);

namespace Driplet\Tests\Integration;

use Driplet\Driplet;
use Driplet\Message;
use Driplet\Misuse;
use Driplet\Refused;
use Driplet\Tests\Support\DripletServer;
use Driplet\Unreachable;
use GuzzleHttp\Client;
use PHPUnit\Framework\TestCase;

/** A real server with a real plugin: the guest of the plugins' conformance suite, in Go. */
final class CallTest extends TestCase
{
    private static string $folder;
    private static DripletServer $server;

    public static function setUpBeforeClass(): void
    {
        $root = dirname(__DIR__, 4);
        self::$folder = sys_get_temp_dir() . '/driplet-php-plugins-' . bin2hex(random_bytes(6));
        mkdir(self::$folder, 0700);
        copy("{$root}/core/plugin/plugintest/conformance/conformance.toml", self::$folder . '/conformance.toml');
        exec('cd ' . escapeshellarg("{$root}/core/plugin/plugintest/testdata/guest") . ' && GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o '
            . escapeshellarg(self::$folder . '/conformance.wasm') . ' . 2>&1', $output, $status);
        self::assertSame(0, $status, implode("\n", $output));
        self::$server = new DripletServer("Plugins = [\"conformance\", \"chat\"]\n", self::$folder);
    }

    public static function tearDownAfterClass(): void
    {
        array_map(unlink(...), glob(self::$folder . '/*') ?: []);
        rmdir(self::$folder);
    }

    private static function driplet(): Driplet
    {
        return new Driplet(self::$server->url, DripletServer::API_SECRET, timeout: 30.0);
    }

    public function testThePluginAnswers(): void
    {
        foreach ([self::driplet(), new Driplet(self::$server->url, DripletServer::API_SECRET, new Client(['timeout' => 30]))] as $driplet) {
            $answer = $driplet->call('conformance', ['course' => 7, 'name' => 'Grüße/"']);
            self::assertSame('POST', $answer['method']);
            self::assertSame('application/json', $answer['type']);
            self::assertSame('{"course":7,"name":"Grüße/\\""}', $answer['body']);
            self::assertSame('default', $answer['endpoint']);
        }
        self::assertSame('null', self::driplet()->call('conformance')['body']);
    }

    public function testAPluginLooksAtWhatIsPublished(): void
    {
        $client = self::$server->connect(['uid' => 7], 'conformance.t');
        $driplet = self::driplet();
        $long = str_repeat('x', 300_000);
        foreach ([['do' => 'drop'], ['do' => 'replace', 'message' => 'instead'], ['do' => 'retarget', 'target' => ['include' => ['uid' => 8]]], ['do' => 'pass', 'long' => $long]] as $message) {
            $driplet->publish(Message::to('conformance.t', $message));
        }
        $same = Message::to('conformance.t', ['do' => 'see'])->id('once' . bin2hex(random_bytes(6)));
        self::assertSame([false, true], [$driplet->publish($same)->duplicate, $driplet->publish($same)->duplicate]);
        self::assertSame('instead', $client->receive()['message']);
        self::assertSame($long, $client->receive()['message']['long']);
        self::assertSame(['do' => 'see'], $client->receive()['message']['message']);
        $this->expectException(Refused::class);
        $this->expectExceptionMessage('not this');
        $driplet->publish(Message::to('conformance.t', ['do' => 'refuse']));
    }

    public function testAnAnswerThatComesLater(): void
    {
        $client = self::$server->connect(['uid' => 7], 'conformance.late');
        $asking = popen(PHP_BINARY . ' -r ' . escapeshellarg(sprintf(
            'require %s; echo json_encode((new Driplet\\Driplet(%s, %s, timeout: 60.0))->call("conformance", ["key" => "handle"]));',
            var_export(dirname(__DIR__, 2) . '/autoload.php', true),
            var_export(self::$server->url, true),
            var_export(DripletServer::API_SECRET, true),
        )), 'r');
        self::assertIsResource($asking);
        for ($id = 10, $end = time() + 60; ; ++$id) { // until the request is there to be answered
            self::assertLessThan($end, time());
            $client->send(['type' => 'event', 'event' => 'conformance.reply', 'data' => ['key' => 'handle', 'answer' => ['late' => true]], 'id' => $id]);
            if ($client->receive()['type'] === 'reply') {
                break;
            }
            usleep(100_000); // a client may send 20 events a second
        }
        self::assertSame('{"late":true}', stream_get_contents($asking));
        pclose($asking);
    }

    /** @dataProvider refusals */
    public function testRefusals(string $plugin, mixed $data, string $code, int $status, string $text): void
    {
        try {
            self::driplet()->call($plugin, $data);
            self::fail('it was answered');
        } catch (Refused $e) {
            self::assertSame([$code, $status], [$e->code, $e->getCode()]);
            self::assertStringContainsString($text, $e->getMessage());
        }
    }

    public static function refusals(): iterable
    {
        yield 'the plugin' => ['conformance', ['code' => 'conformance.no', 'message' => 'not this'], 'conformance.no', 422, 'not this'];
        yield 'a shared code' => ['conformance', ['code' => 'conflict', 'message' => 'twice'], 'conflict', 409, 'twice'];
        yield 'a plugin that does not ask for requests' => ['chat', 1, 'not_found', 404, 'write "http" into hooks'];
        yield 'no plugin' => ['missing', 1, 'not_found', 404, 'list it in Plugins'];
        yield 'too much' => ['conformance', str_repeat('x', 256 * 1024), 'too_large', 413, '262144 bytes'];
    }

    public function testTheWrongSecret(): void
    {
        $this->expectException(Refused::class);
        $this->expectExceptionMessage('X-Driplet-Signature does not match POST /hook/default/conformance');
        (new Driplet(self::$server->url, 'not the secret', timeout: 60.0))->call('conformance');
    }

    public function testNobodyThere(): void
    {
        $this->expectException(Unreachable::class);
        (new Driplet('http://127.0.0.1:1/api/default', 'secret'))->call('conformance');
    }

    public function testSlips(): void
    {
        foreach ([fn () => self::driplet()->call('../chat'), fn () => self::driplet()->call('chat', "\xff"), fn () => self::driplet()->call('chat', 1, 0.0)] as $slip) {
            try {
                $slip();
                self::fail('it was sent');
            } catch (Misuse) {
                $this->addToAssertionCount(1);
            }
        }
    }
}
