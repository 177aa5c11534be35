<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Message;
use Driplet\Unreachable;
use Psr\Log\LoggerInterface;

/** Messages that wait for the response to be out. */
final class Deferred
{
    /** @var list<Message> */
    private array $waiting = [];
    private bool $registered = false;

    /** @param \Closure(Message): mixed $send */
    public function __construct(private readonly \Closure $send, private readonly ?LoggerInterface $logger)
    {
    }

    public function add(Message $message): void
    {
        $this->waiting[] = $message;
        if (PHP_SAPI === 'cli') {
            // No response to wait for, and a worker may run for months.
            $this->flush();
        } elseif (!$this->registered) {
            $this->registered = true;
            // Twice, to come after those that others register: they may still write to the response.
            register_shutdown_function(fn () => register_shutdown_function($this->afterResponse(...)));
        }
    }

    public function flush(): void
    {
        $messages = $this->waiting;
        $this->waiting = [];
        foreach ($messages as $i => $message) {
            try {
                ($this->send)($message);
            } catch (Unreachable $e) {
                // The rest would each wait as long for the same silence.
                $this->log(count($messages) - $i, $message, $e);

                return;
            } catch (\Throwable $e) {
                $this->log(1, $message, $e);
            }
        }
    }

    private function afterResponse(): void
    {
        try {
            if (session_status() === PHP_SESSION_ACTIVE) {
                session_write_close(); // else the visitor's next page would wait for the session's lock
            }
            foreach (['fastcgi_finish_request', 'litespeed_finish_request'] as $finish) {
                if (function_exists($finish)) {
                    $finish();
                }
            }
        } finally {
            $this->flush();
        }
    }

    private function log(int $lost, Message $message, \Throwable $e): void
    {
        $more = $lost > 1 ? ' and ' . ($lost - 1) . ' more' : '';
        $text = "Driplet: a deferred message to topic '{$message->topic}'{$more} was not sent: {$e->getMessage()}";
        try {
            $this->logger === null ? error_log($text) : $this->logger->error($text, ['exception' => $e]);
        } catch (\Throwable) {
            error_log($text);
        }
    }
}
