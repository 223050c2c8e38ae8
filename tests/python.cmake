# PYTHON, of the environment or else of the cache, or the first that can import what no test does without.
# Distribution packages belong to /usr/bin/python3, which need not be the python3 of the PATH.
if(DEFINED ENV{PYTHON})
  set(PYTHON "$ENV{PYTHON}" CACHE FILEPATH "Python 3 for the tests" FORCE)
endif()
foreach(candidate IN ITEMS python3 /usr/bin/python3)
  if(NOT PYTHON)
    execute_process(COMMAND ${candidate} -c "import h5py, matplotlib" RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
    if(result EQUAL 0)
      set(PYTHON ${candidate} CACHE FILEPATH "Python 3 for the tests" FORCE)
    endif()
  endif()
endforeach()
find_program(PYTHON NAMES python3 DOC "Python 3 for the tests")
