<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Internal\Json;

/**
 * Keeps messages instead of sending them, for your tests. What could not be
 * sent throws here as it would there, and an id counts once.
 */
final class InMemoryPublisher implements PublisherInterface
{
    /** @var list<Message> */
    private array $sent = [];

    /** @var array<string, true> */
    private array $ids = [];

    public function publish(Message $message): Receipt
    {
        Json::encode($message->fields(), 'the message');
        $id = $message->id ?? bin2hex(random_bytes(16));
        $duplicate = isset($this->ids['=' . $id]);
        if (!$duplicate) {
            $this->ids['=' . $id] = true;
            $this->sent[] = $message;
        }

        return new Receipt($id, $duplicate);
    }

    public function publishAll(Message ...$messages): array
    {
        return array_map($this->publish(...), array_values($messages));
    }

    /** Keeps it at once; one that could not be sent is dropped, as defer() never throws. */
    public function defer(Message $message): void
    {
        try {
            $this->publish($message);
        } catch (Misuse) {
        }
    }

    /**
     * @param ?string $topic only those to this topic
     *
     * @return list<Message> in the order in which they were published
     */
    public function sent(?string $topic = null): array
    {
        return array_values(array_filter($this->sent, static fn (Message $m): bool => $topic === null || $m->topic === $topic));
    }
}
