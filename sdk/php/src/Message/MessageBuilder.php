<?php

declare(strict_types=1);

namespace Driplet\Message;

use Driplet\Misuse;
use Driplet\Target;

/**
 * The old library's builder, kept so that code in the field works. New code
 * uses \Driplet\Message and \Driplet\Target.
 */
class MessageBuilder
{
    /** @var array<array-key, mixed>|null */
    protected ?array $message = null;
    protected ?string $topic = null;

    /** @var array{include: array<array-key, mixed>, exclude: array<array-key, mixed>} */
    protected array $target = ['include' => [], 'exclude' => []];

    /** @var 'include'|'exclude'|null */
    private ?string $side = null;

    public static function create(): self
    {
        return new static();
    }

    /** @param array<array-key, mixed> $message */
    public function setMessage(array $message): self
    {
        $this->message = $message;

        return $this;
    }

    public function setTopic(string $topic): self
    {
        $this->topic = $topic;

        return $this;
    }

    /**
     * The setTarget() calls that follow say who hears it.
     *
     * @param array<string, mixed> $targets the same at once: ['roles' => ['administrator']]
     */
    public function include(array $targets = []): self
    {
        return $this->side('include', $targets);
    }

    /**
     * The setTarget() calls that follow say who does not hear it.
     *
     * @param array<string, mixed> $targets the same at once: ['uid' => 5]
     */
    public function exclude(array $targets = []): self
    {
        return $this->side('exclude', $targets);
    }

    /** @param mixed $value a value, or a list of which one must be there; a key's values add up */
    public function setTarget(string $key, mixed $value): self
    {
        if ($this->side === null) {
            throw new Misuse("setTarget('{$key}', …) came before include() or exclude(): call one of them first, or the message would go to everybody");
        }
        $values = $this->target[$this->side][$key] ?? [];
        foreach ((array) Target::value($key, is_array($value) ? $value : [$value]) as $item) {
            if (!in_array($item, $values, true)) {
                $values[] = $item;
            }
        }
        $this->target[$this->side][$key] = $values;

        return $this;
    }

    /** @return array<string, mixed> the request's body, with a nonce and the time of now */
    public function build(): array
    {
        if ($this->message === null) {
            throw new Misuse('the message is missing: call setMessage()');
        }
        if ($this->topic === null) {
            throw new Misuse('the topic is missing: call setTopic()');
        }

        return [
            'nonce' => bin2hex(random_bytes(16)),
            'timestamp' => time(),
            'message' => $this->message,
            'target' => array_filter($this->target),
            'topic' => $this->topic,
        ];
    }

    /** @param array<string, mixed> $targets */
    private function side(string $side, array $targets): self
    {
        if ($targets !== [] && array_is_list($targets)) {
            throw new Misuse("{$side}() takes values by the claim's name, like ['roles' => ['administrator']]");
        }
        $this->side = $side;
        foreach ($targets as $key => $value) {
            $this->setTarget((string) $key, $value);
        }

        return $this;
    }
}
