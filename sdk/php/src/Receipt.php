<?php

declare(strict_types=1);

namespace Driplet;

/** What the server said to a message that it took. */
final readonly class Receipt
{
    /**
     * @param string  $id        the idempotency key it was sent with
     * @param bool    $duplicate the server had it already and delivered nothing again
     * @param ?string $epoch     with $offset its place, where the topic keeps history
     */
    public function __construct(
        public string $id,
        public bool $duplicate = false,
        public ?string $epoch = null,
        public ?int $offset = null,
    ) {
    }
}
