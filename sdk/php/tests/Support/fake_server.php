<?php

declare(strict_types=1);

// A TCP server that fails on demand. Its argument is a JSON list of steps, one
// for each connection, the last repeated: {"do": "answer", "status", "body",
// "padding"?, "location"?, "signal"? (USR1 to this process first)}, "drop" (read the request, close), "hang" (read it, never
// answer), "forward" (to a real server at "to") and "lose" (forward, then lose
// the answer). Prints its port, then each request as a line of JSON,
// with the first 32 KiB of its body: a pipe that nobody reads yet holds no more.
// A second argument is a file with a certificate and its key: it speaks TLS then.

$steps = json_decode($argv[1], true, 16, JSON_THROW_ON_ERROR);
$tls = isset($argv[2]);
$server = stream_socket_server(($tls ? 'tls' : 'tcp') . '://127.0.0.1:0', $_, $_, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, stream_context_create($tls ? ['ssl' => ['local_cert' => $argv[2]]] : []));
echo substr(strrchr(stream_socket_get_name($server, false), ':'), 1), "\n";

$held = [];
for ($n = 0; ($client = @stream_socket_accept($server, -1)) || $tls; ++$n) {
    if ($client === false) {
        continue; // who does not trust the certificate goes
    }
    $step = $steps[min($n, count($steps) - 1)];
    $head = '';
    while (!str_ends_with($head, "\r\n\r\n") && ($line = fgets($client)) !== false) {
        $head .= $line;
    }
    if ($tls && $head === '') {
        continue;
    }
    $length = preg_match('/^content-length: *(\d+)/im', $head, $m) ? (int) $m[1] : 0;
    $body = $length > 0 ? stream_get_contents($client, $length) : '';
    echo json_encode(['head' => $head, 'body' => substr($body, 0, 32768)], JSON_THROW_ON_ERROR), "\n";

    switch ($step['do']) {
        case 'answer':
            if (isset($step['signal'])) {
                exec("kill -USR1 {$step['signal']}");
            }
            $step['body'] .= str_repeat('x', $step['padding'] ?? 0);
            $location = isset($step['location']) ? "Location: {$step['location']}\r\n" : '';
            fwrite($client, "HTTP/1.1 {$step['status']} X\r\nConnection: close\r\n{$location}Content-Length: " . strlen($step['body']) . "\r\n\r\n{$step['body']}");
            break;
        case 'forward':
        case 'lose':
            $upstream = stream_socket_client($step['to']);
            fwrite($upstream, preg_replace('/\r\n\r\n$/', "\r\nConnection: close\r\n\r\n", $head) . $body);
            $answer = stream_get_contents($upstream);
            if ($step['do'] === 'forward') {
                fwrite($client, $answer);
            }
            break;
        case 'hang':
            $held[] = $client;
            continue 2;
    }
    fclose($client);
}
