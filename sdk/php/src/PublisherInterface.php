<?php

declare(strict_types=1);

namespace Driplet;

/** What your own code should ask for: Driplet in production, InMemoryPublisher in tests. */
interface PublisherInterface
{
    /**
     * Sends a message and waits for the server's word.
     *
     * @throws Refused     the server said no
     * @throws Unreachable no server answered in time
     * @throws Misuse      the message cannot be sent at all
     */
    public function publish(Message $message): Receipt;

    /**
     * Sends messages in order and stops at the first that fails: those before
     * it went out. Give messages an id to be able to send all of them again.
     *
     * @return list<Receipt> one for each message, in their order
     *
     * @throws DripletException as publish() does
     */
    public function publishAll(Message ...$messages): array;

    /** Sends the message once the response has gone out. Never throws: what fails is logged. */
    public function defer(Message $message): void;
}
