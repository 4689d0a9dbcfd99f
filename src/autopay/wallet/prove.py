"""A bank account whose payer has to prove that it is theirs: two small deposits, or whatever its payment company asks (rule N4, A15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopay.journal.write import By, note
from autopay.processors.protocol import Refused, SavedMethod

if TYPE_CHECKING:
    from autopay.wallet.save import Saving, Wallets


async def prove(wallets: Wallets, saving: Saving) -> bool:
    """A bank account whose payer still has to prove it: ask whether they did. Charges are held meanwhile.

    One that can no longer be proved stays in the wallet, never charged, until its payer removes it.
    """
    if not saving.verification:
        return False
    answer = await wallets.processors[saving.biller].finish_setup(saving.verification)
    if isinstance(answer, SavedMethod) and answer.verified and answer.ref.customer == saving.customer:
        with wallets.db.transaction(saving.biller) as tx:
            tx.run("update method set verified = true, retry_at = null, verification_link = '' where id = %(id)s", id=saving.id)
            note(
                tx,
                saving.biller,
                By("processor", wallets.clock.now()),
                "method verified",
                ("payer", saving.payer),
                method=saving.id,
            )
    elif isinstance(answer, Refused):
        with wallets.db.transaction(saving.biller) as tx:
            tx.run(
                "update method set verification = '', verification_link = '', retry_at = null where id = %(id)s and not verified",
                id=saving.id,
            )
            note(
                tx,
                saving.biller,
                By("processor", wallets.clock.now()),
                "method not verified",
                ("payer", saving.payer),
                method=saving.id,
            )
    return False
