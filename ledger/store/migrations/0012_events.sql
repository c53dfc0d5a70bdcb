-- Finding what concerns a party: acts that move no units of its own, and holds it controls.

-- Sales, issues, retirements and write-offs are the bulk of all journals, and are found by the accounts they move
-- units of or by the holds they settle: an entry for each of them here would only slow posting down.
CREATE INDEX journal_acted ON journal (party, seq)
    WHERE kind NOT LIKE 'transfer.%'
      AND kind NOT IN ('gec.issue', 'gec.retire', 'gec.expire', 'hold.open', 'hold.release', 'hold.expire');
CREATE INDEX hold_controller ON hold (controller, id);
