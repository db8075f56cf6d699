"""Lists of tables with millions of rows: no page counts them all, and none skips rows
to get to its own."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from wsrouter.admin.read_only import ReadOnlyAdmin
from wsrouter.admin.walk import WINDOW, Key, Walk, as_text, from_text
from wsrouter.registry import row_counts
from wsrouter.registry.database import alias

AFTER = "after"
"""The parameter of an address that says where the page begins."""
ROWS = 25
"""Of a page."""


class LongList(ChangeList):
    """One page, read along the index that `LongListAdmin.walk` chooses."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self._after = request.GET.get(AFTER, "")
        super().__init__(request, *args)

    def get_queryset(self, request: HttpRequest, *args: Any) -> "QuerySet[Any]":
        for parameters in (self.params, self.filter_params):
            parameters.pop(AFTER, None)
        model_admin: Any = self.model_admin
        self.walk: Walk = model_admin.walk(request, self.query)
        rows: QuerySet[Any] = super().get_queryset(request, *args)
        return rows

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        return list(self.walk.order)

    def get_results(self, request: HttpRequest) -> None:
        after = self._key()
        end = self._end_of_window(after) if self.walk.is_filtered else None
        rows = self._rows(self.walk.after(after) & self.walk.up_to(end))
        found = list(rows.filter(self.walk.only)[: ROWS + 1])
        self.result_list, next_key = found[:ROWS], end
        if len(found) > ROWS:
            next_key = self.walk.key(found[ROWS - 1])
        self.is_cut = end is not None and len(found) <= ROWS
        self.is_first = after is None
        self.next_url = self._url(next_key)
        self.first_url = self.get_query_string()
        self.result_count = self.full_result_count = len(self.result_list)
        self.can_show_all, self.multi_page = False, False
        self.show_admin_actions, self.show_full_result_count = True, False
        self.window, self.count = WINDOW, self._count()

    def _key(self) -> Key | None:
        try:
            return from_text(self._after, self.walk) if self._after else None
        except (ValueError, RecursionError) as error:
            raise IncorrectLookupParameters from error

    def _end_of_window(self, after: Key | None) -> Key | None:
        """The last row that is looked at; None when these are all."""
        rows = self.root_queryset.filter(self.walk.within & self.walk.after(after))
        keys = rows.order_by(*self.walk.order).values_list(*self.walk.names)
        return keys[WINDOW - 1 : WINDOW].first()

    def _rows(self, part: Q) -> "QuerySet[Any]":
        """In one `filter`, so that conditions on a related table are on one row."""
        rows: QuerySet[Any] = self.queryset.filter(self.walk.within & part)
        return rows

    def _url(self, key: Key | None) -> str:
        return "" if key is None else self.get_query_string({AFTER: as_text(key)})

    def _count(self) -> row_counts.RowCount | None:
        """Of all rows, or of the part of the index; None where rows are left out."""
        if self.walk.is_filtered:
            return None
        rows = self.root_queryset
        if self.walk.count is None:
            return row_counts.counted_or_estimated(self.model, alias())
        return row_counts.counted(rows.filter(self.walk.within), self.walk.count)


class LongListAdmin(ReadOnlyAdmin):
    """For a table that may have millions of rows."""

    change_list_template = "admin/wsrouter/long_list.html"
    list_per_page = ROWS
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER  # counts all rows for each filter

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """From the database that is written to: an act here is seen at once."""
        rows: QuerySet[Any] = super().get_queryset(request).using(alias())
        return rows

    def walk(self, request: HttpRequest, text: str) -> Walk:
        """How the page is read, given the text that is searched."""
        return Walk(is_filtered=self.is_filtered(request))

    def is_filtered(self, request: HttpRequest, *others: str) -> bool:
        """Whether a filter is chosen, but for `others`."""
        return any(request.GET.get(name) for name in self.filters() - set(others))

    def filters(self) -> set[str]:
        """The parameters of the filters."""
        filters: Any = self.list_filter
        return {each.parameter_name for each in filters}

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Nothing but the filters: Django allows conditions on every column, and with
        one on a hash, whether there are rows would tell what is in it."""
        return lookup in self.filters()

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        return queryset, False

    def response_action(
        self, request: HttpRequest, queryset: Any, *more: Any, **named: Any
    ) -> HttpResponse | None:
        """On the rows that are ticked, never on all that match."""
        data = request.POST.copy()
        data["select_across"] = "0"
        request.POST = data  # type: ignore[assignment]  # as Django's own code does
        return super().response_action(request, queryset, *more, **named)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return LongList
