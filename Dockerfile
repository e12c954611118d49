# The API and the page. The model is mounted, not copied in: docker compose up, or
#   docker build -t stance . && docker run --read-only -p 127.0.0.1:8000:8000 -v ./outputs/default/model:/model:ro stance
FROM python:3.11-slim

WORKDIR /app
COPY pyproject.toml requirements.lock README.md ./
COPY stance stance
# The lock as constraints: neither torch nor anything else that only training needs.
RUN pip install --no-cache-dir --constraint requirements.lock '.[serve]'

USER 10001
ENV HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
ENTRYPOINT ["stance", "serve", "/model", "--host", "0.0.0.0"]
