"""Where each station's chain stands, as the log has it."""

from sqlalchemy import Connection, func, select

from central.store.schema import chain
from edge.evidence.chain import ChainHead


def heads(connection: Connection) -> dict[str, ChainHead]:
    """Station -> its last logged statement. Absent: nothing logged yet."""
    last = (
        select(chain.c.station, func.max(chain.c.seq).label("seq"))
        .group_by(chain.c.station)
        .subquery()
    )
    query = select(chain.c.station, chain.c.seq, chain.c.digest).join(
        last, (chain.c.station == last.c.station) & (chain.c.seq == last.c.seq)
    )
    return {
        row.station: ChainHead(seq=row.seq, digest=row.digest) for row in connection.execute(query)
    }
