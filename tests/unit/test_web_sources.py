"""The page of customer sources: uploading, checking, and files that are none."""

from __future__ import annotations

from io import BytesIO

from page_samples import ADMIN, LEAD, Fakes, build, client_of, form_token

CSV = b"email,customer.plan\nlena@example.example,Team\n"


def upload(fakes: Fakes, **form: object) -> tuple[int, str]:
    client = client_of(build(fakes), ADMIN)
    token = form_token(client, "/sources")
    answer = client.post(
        "/sources",
        data={"csrf_token": token, **form},
        content_type="multipart/form-data",
    )
    return answer.status_code, answer.text


def test_a_file_is_taken_over_under_the_name_that_is_given() -> None:
    fakes = Fakes()
    status, text = upload(fakes, file=(BytesIO(CSV), "people.csv"), source="Shop", do="upload")
    assert ("upload", "Shop", CSV, False) in fakes.asked
    assert status == 200
    assert "3 customers are new or changed" in text
    assert "“many” is not a number." in text
    assert "shoe size" in text


def test_without_a_name_the_file_s_own_is_taken() -> None:
    fakes = Fakes()
    upload(fakes, file=(BytesIO(CSV), "people.csv"), do="upload")
    assert ("upload", "people", CSV, False) in fakes.asked


def test_a_check_keeps_nothing_and_says_so() -> None:
    fakes = Fakes()
    _, text = upload(fakes, file=(BytesIO(CSV), "people.csv"), do="check")
    assert ("upload", "people", CSV, True) in fakes.asked
    assert "nothing is kept yet" in text


def test_no_file_is_told_and_nothing_happens() -> None:
    fakes = Fakes()
    status, text = upload(fakes, do="upload")
    assert status == 400
    assert "No file was chosen." in text
    assert fakes.asked == []


def test_a_file_s_name_cannot_leave_its_folder() -> None:
    fakes = Fakes()
    status, _ = upload(fakes, file=(BytesIO(CSV), "../../etc/passwd.csv"), source="x", do="check")
    assert status == 200


def test_a_lead_may_not_upload_customers() -> None:
    assert client_of(build(Fakes()), LEAD).get("/sources").status_code == 403
