<?php

declare(strict_types=1);

namespace Driplet;

/**
 * One message to one topic. Immutable: each method answers a changed copy.
 */
final readonly class Message
{
    /** The server's limit for topics, event names and ids. */
    private const MAX_BYTES = 200;

    private function __construct(
        public string $topic,
        public mixed $message,
        public ?string $event = null,
        public ?Target $target = null,
        public ?string $except = null,
        public ?string $id = null,
    ) {
    }

    /**
     * @param string $topic   1 to 200 bytes of UTF-8 without control characters
     * @param mixed  $message anything json_encode() takes; an empty array is [], (object) [] is {}
     */
    public static function to(string $topic, mixed $message): self
    {
        self::check('topic', $topic);

        return new self($topic, $message);
    }

    /** Names the event; without a name it is "message". */
    public function event(string $name): self
    {
        self::check('event', $name);

        return $this->with(event: $name);
    }

    /** Narrows who hears it, by the claims in their tokens. */
    public function target(Target $target): self
    {
        return $this->with(target: $target);
    }

    /** Leaves out one session: usually the tab that caused this message. Null leaves out nobody. */
    public function except(?string $session): self
    {
        return new self($this->topic, $this->message, $this->event, $this->target, $session, $this->id);
    }

    /** An idempotency key: the server delivers one message for it in 5 minutes. Without one a random key is made. */
    public function id(string $key): self
    {
        if ($key === '' || strlen($key) > self::MAX_BYTES) {
            throw new Misuse('an id has 1 to ' . self::MAX_BYTES . ' bytes, this one has ' . strlen($key) . ': leave it out to get a random one');
        }

        return $this->with(id: $key);
    }

    /**
     * The fields of the request body, less those that each attempt makes anew.
     *
     * @internal
     *
     * @return array<string, mixed>
     */
    public function fields(): array
    {
        $optional = ['event' => $this->event, 'target' => $this->target?->fields(), 'except' => $this->except, 'id' => $this->id];

        return ['topic' => $this->topic, 'message' => $this->message]
            + array_filter($optional, static fn (mixed $value): bool => $value !== null && $value !== []);
    }

    private static function check(string $what, string $name): void
    {
        if ($name === '' || strlen($name) > self::MAX_BYTES) {
            throw new Misuse("the {$what} has 1 to " . self::MAX_BYTES . ' bytes, this one has ' . strlen($name));
        }
        if (preg_match('/^\P{Cc}+$/Du', $name) !== 1) {
            throw new Misuse("the {$what} is UTF-8 without control characters, this one is " . json_encode($name, JSON_INVALID_UTF8_SUBSTITUTE));
        }
    }

    private function with(?string $event = null, ?Target $target = null, ?string $id = null): self
    {
        return new self($this->topic, $this->message, $event ?? $this->event, $target ?? $this->target, $this->except, $id ?? $this->id);
    }
}
