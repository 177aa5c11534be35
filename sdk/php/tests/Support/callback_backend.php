<?php

declare(strict_types=1);

// The router of "php -S": a backend whose paths differ in how they are wired.

namespace Driplet\Tests\Support;

use Driplet\CallbackEvent;
use Driplet\CallbackHandler;
use Driplet\Refusal;
use Nyholm\Psr7\Factory\Psr17Factory;
use Nyholm\Psr7\ServerRequest;

require __DIR__ . '/../bootstrap.php';

$path = parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/broken') {
    http_response_code(500);

    return;
}
$handler = new CallbackHandler($path === '/wrong' ? 'another secret' : ['a new secret', DripletServer::API_SECRET], new Psr17Factory());
$handler
    ->on('chat.send', static fn (CallbackEvent $e): array => ['by' => $e->user, 'roles' => $e->claims['roles'], 'data' => $e->data, 'topic' => $e->topic, 'session' => $e->session, 'endpoint' => $e->endpoint])
    ->on('chat.quiet', static function (): void {
    })
    ->on('chat.print', static function (): string {
        echo '<b>lost</b>';

        return 'kept';
    })
    ->on('chat.ban*', static fn (CallbackEvent $e) => throw new Refusal('chat.banned', 'you were put out', ['until' => 1700000000]))
    ->on('chat.fail', static fn () => throw new \LogicException('the password is hunter2'))
    ->on('chat.large', static fn (): string => str_repeat('x', 70000))
    ->on('slow', static function (): void {
        sleep(60); // the server has long given up, and the test ends this process
    })
    ->on('early.*', static fn (): string => 'in spite of it')
    ->on('psr', static fn (CallbackEvent $e): mixed => $e->data);

if ($path === '/early') { // as a blank line before <?php does where PHP buffers no output
    while (ob_get_level() > 0) {
        ob_end_flush();
    }
    echo "\n";
}
if ($path !== '/psr') {
    $handler->handleGlobals();

    return;
}
$response = $handler->handle(new ServerRequest($_SERVER['REQUEST_METHOD'], $_SERVER['REQUEST_URI'], getallheaders(), file_get_contents('php://input') ?: '', '1.1', $_SERVER));
http_response_code($response->getStatusCode());
foreach ($response->getHeaders() as $name => $values) {
    header($name . ': ' . implode(', ', $values));
}
echo $response->getBody();
