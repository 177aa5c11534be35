<?php

declare(strict_types=1);

namespace Driplet\Tests\Integration;

use Driplet\Tests\Support\CallbackBackend;
use Driplet\Tests\Support\DripletServer;
use Driplet\Tests\Support\Process;
use PHPUnit\Framework\TestCase;

/** Every PHP example of README.md runs as it stands. */
final class ReadmeTest extends TestCase
{
    /** What an example prints, by its heading. */
    private const PRINTS = [
        'Answer events of browsers' => '/^\{"error":\{"code":"bad_request","message":"a Driplet server sends POST"\}\}$/', // nobody asked
        "Events for Moodle's components" => '/^\{"error":\{"code":"bad_request","message":"a Driplet server sends POST"\}\}$/', // nobody asked
        'Requests of plugins' => '/^the headers X-Driplet-Signature, X-Driplet-Timestamp and X-Driplet-Nonce are needed: only a Driplet server calls this URL$/',
        'Ask a plugin' => '/^not_found: endpoint default has no plugin "moodle" that takes requests: .+\n$/',
        'When it fails' => '/^unauthorized \(signature_mismatch\): .+\n$/',
        'Tokens for browsers' => '/^\{"status":"success","message":"JWT token generated","token":"[\w-]+\.[\w-]+\.[\w-]+"\}$/',
    ];

    /** @dataProvider examples */
    public function testRuns(string $heading, string $code): void
    {
        $file = tempnam(sys_get_temp_dir(), 'driplet-example');
        self::assertIsString($file);
        file_put_contents($file, "<?php\n" . $code);
        try {
            $env = ['DRIPLET_URL' => DripletServer::shared()->url, 'DRIPLET_API_SECRET' => DripletServer::API_SECRET, 'DRIPLET_JWT_SECRET' => DripletServer::JWT_SECRET];
            $prelude = dirname(__DIR__) . '/Support/example_prelude.php';
            $example = new Process([PHP_BINARY, '-d', "auto_prepend_file={$prelude}", '-d', 'zend.assertions=1', '-d', 'display_errors=stderr', '-d', 'error_log=', $file], $env);
            self::assertMatchesRegularExpression(self::PRINTS[$heading] ?? '/^$/', $example->finish());
            self::assertSame('', $example->errors());
        } finally {
            unlink($file);
        }
    }

    /** The page that answers events, asked by a browser through the server. */
    public function testAnswersEvents(): void
    {
        $this->serving('Answer events of browsers', 'chat.*', static function (DripletServer $server, CallbackBackend $backend): void {
            $writer = $server->connect(['uid' => 7], 'chat');
            $reader = $server->connect([], 'chat');
            $writer->send(['type' => 'event', 'event' => 'chat.send', 'data' => ['text' => 'hi'], 'id' => 2]);
            self::assertSame(['type' => 'reply', 'id' => 2, 'data' => ['sent' => true]], $writer->receive(), $backend->log());
            self::assertSame(['by' => '7', 'text' => 'hi'], $reader->receive()['message']);
            $reader->send(['type' => 'event', 'event' => 'chat.send', 'data' => ['text' => 'me too'], 'id' => 2]);
            self::assertSame('chat.anonymous', $reader->receive()['error']['code'] ?? null);
            $writer->send(['type' => 'event', 'event' => 'chat.send', 'id' => 3]);
            self::assertSame('bad_request', $writer->receive()['error']['code'] ?? null);
            $writer->send(['type' => 'event', 'event' => 'chat.typing', 'id' => 4]);
            self::assertSame(['type' => 'reply', 'id' => 4, 'data' => null], $writer->receive());
        });
    }

    /** The page that stands in Moodle, asked likewise. */
    public function testAnswersForMoodle(): void
    {
        $this->serving("Events for Moodle's components", 'mod_*', static function (DripletServer $server, CallbackBackend $backend): void {
            $user = $server->connect(['uid' => 7], 't');
            $user->send(['type' => 'event', 'event' => 'mod_quiz', 'data' => ['payload' => ['attempt' => 5], 'user' => '1'], 'id' => 2]);
            self::assertSame(['type' => 'reply', 'id' => 2, 'data' => ['mod_quiz', ['attempt' => 5], '7']], $user->receive(), $backend->log());
            $user->send(['type' => 'event', 'event' => 'mod_quiz', 'data' => 1, 'id' => 3]);
            self::assertSame('bad_request', $user->receive()['error']['code'] ?? null);
            $nobody = $server->connect([], 't');
            $nobody->send(['type' => 'event', 'event' => 'mod_quiz', 'data' => ['payload' => 1], 'id' => 2]);
            self::assertSame('unauthorized', $nobody->receive()['error']['code'] ?? null);
        });
    }

    /**
     * Runs an example as the page behind a callback.
     *
     * @param callable(DripletServer, CallbackBackend): void $check
     */
    private function serving(string $heading, string $match, callable $check): void
    {
        $page = tempnam(sys_get_temp_dir(), 'driplet-page');
        self::assertIsString($page);
        $code = array_column(iterator_to_array(self::examples(), false), 1, 0)[$heading];
        file_put_contents($page, "<?php\nrequire " . var_export(dirname(__DIR__) . '/Support/example_prelude.php', true) . ";\n{$code}");
        try {
            $port = Process::freePort();
            $server = new DripletServer("[[Endpoints.default.Callbacks]]\nMatch = \"{$match}\"\nURL = \"http://127.0.0.1:{$port}/driplet.php\"\nTimeout = \"30s\"\n");
            $check($server, new CallbackBackend($page, ['DRIPLET_URL' => $server->url, 'DRIPLET_API_SECRET' => DripletServer::API_SECRET, 'DRIPLET_JWT_SECRET' => DripletServer::JWT_SECRET], $port));
        } finally {
            unlink($page);
        }
    }

    public static function examples(): iterable
    {
        $heading = '';
        $readme = (string) file_get_contents(dirname(__DIR__, 2) . '/README.md');
        preg_match_all('/^## ([^\n]+)$|^```php\n(.*?)^```$/ms', $readme, $parts, PREG_SET_ORDER);
        foreach ($parts as $part) {
            if (isset($part[2])) {
                yield $heading => [$heading, $part[2]];
            } else {
                $heading = $part[1];
            }
        }
    }
}
