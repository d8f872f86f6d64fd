"""Looks into a PDF from standard input and says in JSON what it lacks; see portal/pdfs.py.

A program of its own, because a PDF may be made to fill the memory, to go in circles or to crash its reader: what
happens then happens here, within limits, and not in the portal. It therefore imports nothing of the portal.
"""

import io
import json
import re
import resource
import sys

import pikepdf

MEMORY = 512 * 1024**2
SECONDS = 5
PAGES = 50  # what the first fifty pages lack, the document lacks
DEPTH = 4  # pictures within pictures within a page
PARTS = 200  # of one page

# A string that is not empty, and the operator that shows it.
SHOWS_TEXT = re.compile(rb"""[^\s(<\[][\s]*[)>\]]\s*(?:T[jJ]\b|['"]\s)""")


def first_pages(pdf):
    """The first pages, each with what it inherits. qpdf's own way into a deep tree of pages can end in a crash."""
    pages, seen = [], set()
    waiting = [(pdf.Root.get("/Pages"), None)]
    while waiting and len(pages) < PAGES and len(seen) < 100 * PAGES:
        node, resources = waiting.pop()
        if not isinstance(node, pikepdf.Dictionary) or (node.is_indirect and node.objgen in seen):
            continue
        seen.add(node.objgen if node.is_indirect else len(seen))
        resources = node.get("/Resources", resources)
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            waiting += [(kid, resources) for kid in reversed(list(kids)[: 100 * PAGES])]
        else:
            pages.append((node, resources))
    return pages, bool(waiting)


def has_text(content, resources, depth=0):
    streams = content if isinstance(content, pikepdf.Array) else [content]
    for stream in list(streams)[:PARTS]:
        try:
            if isinstance(stream, pikepdf.Stream) and SHOWS_TEXT.search(stream.read_bytes()):
                return True
        except (pikepdf.PdfError, MemoryError):
            continue  # a damaged or swollen part; others may be whole
    if depth < DEPTH and isinstance(resources, pikepdf.Dictionary):
        parts = resources.get("/XObject")
        for part in list(parts.values())[:PARTS] if isinstance(parts, pikepdf.Dictionary) else []:
            is_form = isinstance(part, pikepdf.Stream) and part.get("/Subtype") == "/Form"
            if is_form and has_text(part, part.get("/Resources"), depth + 1):
                return True
    return False


def text_of(value):
    return str(value).strip() if isinstance(value, pikepdf.String | str) else ""


def metadata(pdf):
    try:
        found = pdf.open_metadata()
        return text_of(found.get("dc:title")), found.get("{http://www.aiim.org/pdfua/ns/id/}part")
    except Exception:  # whatever the XML is like: what cannot be read is not there
        return "", None


def runs_script(root):
    def is_script(action):
        return isinstance(action, pikepdf.Dictionary) and action.get("/S") == "/JavaScript"

    names = root.get("/Names")
    return is_script(root.get("/OpenAction")) or (isinstance(names, pikepdf.Dictionary) and "/JavaScript" in names)


def inspect(data):
    try:
        pdf = pikepdf.open(io.BytesIO(data), inherit_page_attributes=False)
    except pikepdf.PasswordError:
        return {"problem": "password"}
    except pikepdf.PdfError:
        return {"problem": "damaged"}
    root = pdf.Root
    pages, there_is_more = first_pages(pdf)
    if not pages:
        return {"problem": "excessive" if there_is_more else "empty"}

    def within(name, key):
        outer = root.get(name)
        return outer.get(key) if isinstance(outer, pikepdf.Dictionary) else None

    xmp_title, pdfua = metadata(pdf)
    title = xmp_title or text_of(pdf.docinfo.get("/Title"))
    with_text = sum(has_text(page.get("/Contents"), resources) for page, resources in pages)
    structure = within("/StructTreeRoot", "/K")
    passed = {
        "text": with_text * 2 >= len(pages),
        "assistive": pdf.allow.accessibility,
        "tagged": within("/MarkInfo", "/Marked") is True and structure is not None and structure != pikepdf.Array(),
        "language": bool(text_of(root.get("/Lang"))),
        "title": bool(title) and within("/ViewerPreferences", "/DisplayDocTitle") is True,
        "pdfua": bool(pdfua),
        "script": not runs_script(root),
    }
    return {"failed": [name for name, ok in passed.items() if not ok]}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = inspect(sys.stdin.buffer.read())
    except MemoryError:
        found = {"problem": "excessive"}
    json.dump(found, sys.stdout)
