from django import template

from portal.page_cache.kept import kept

register = template.Library()


@register.inclusion_tag("components/picture.html", takes_context=True)
def picture(context, picture):
    """`{% picture office.picture %}`. In a preview from where staff may see it, published or not."""
    if picture is None:
        return {}
    sizes = kept(context["request"], ("sizes", picture.pk), picture.sizes)
    urls = [size.staff_url if context.get("preview") else size.url for size in sizes]
    usual = min(1, len(sizes) - 1)
    return {
        "picture": picture,
        "size": sizes[usual],
        "src": urls[usual],
        "srcset": ", ".join(f"{url} {size.width}w" for url, size in zip(urls, sizes, strict=True)),
    }
